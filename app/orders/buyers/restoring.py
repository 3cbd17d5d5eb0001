"""Writes down erasures that buyers asked for, and repeats them in a restored database.

A backup is older than some of them. Keyed hashes and ids: no address is in the file.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from pydantic import BaseModel, ConfigDict, Field

WRITTEN: LiteralString = (
    "SELECT account_id, digest, requested_at FROM buyer_erasure "
    "ORDER BY requested_at, account_id, digest"
)
REPEATED: LiteralString = (
    "INSERT INTO buyer_erasure (account_id, digest, requested_at, is_open) "
    "SELECT id, %s, %s, true FROM seller_account_view WHERE id = %s "
    "ON CONFLICT (account_id, digest) DO UPDATE SET is_open = true, requested_at = "
    "greatest(buyer_erasure.requested_at, excluded.requested_at)"
)


class ErasureLine(BaseModel):
    """A line of the file: JSON."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    account_id: UUID
    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    requested_at: datetime


def erasure_lines(connection: "psycopg.Connection[Any]") -> Iterator[str]:
    """A line for each erasure, the oldest first."""
    for account_id, digest, requested_at in connection.execute(WRITTEN):
        line = {"account_id": str(account_id), "digest": digest}
        yield json.dumps({**line, "requested_at": requested_at.isoformat()})


def read_lines(lines: Iterable[str]) -> list[ErasureLine]:
    """Raises ValueError for a line that is none."""
    return [ErasureLine.model_validate_json(line) for line in lines if line.strip()]


def repeat_erasures(
    connection: "psycopg.Connection[Any]", erasures: Iterable[ErasureLine]
) -> None:
    """Request them again; workers erase. Accounts that are not there are skipped."""
    with connection.cursor() as cursor:
        cursor.executemany(
            REPEATED, [(e.digest, e.requested_at, e.account_id) for e in erasures]
        )
