"""A shop that was opened once, as rows: a test inserts them instead of opening its own.

Opening takes five requests and three jobs, a quarter of a second of CPU; tests that are
about it call `open_shop`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from psycopg import sql
from pydantic import SecretStr

from app.core.columns import new_id
from app.core.vault import open_vault
from app.settings import Settings
from tests.publications.watching import eventually
from tests.support.databases import Databases
from tests.support.shop import Shop, account_of, fresh_token, introduce, open_shop
from tests.support.stack import open_api, open_worker, query

TABLES = (
    *("seller_account", "store", "store_version", "category_snapshot"),
    *("category_node", "other_market_check"),
)
EMPTY = ("alembic_version", "audit_entry", "job", *TABLES)
"""All other tables have no rows."""
UNFINISHED = "SELECT 1 FROM job WHERE state IN ('queued', 'running')"
NAMES = """
SELECT relname FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
"""
INSERT = sql.SQL("WITH {} SELECT").format(
    sql.SQL(", ").join(
        sql.SQL(
            "{} AS (INSERT INTO {} SELECT * FROM json_populate_recordset(NULL::{}, %s))"
        ).format(sql.Identifier(f"of_{name}"), *[sql.Identifier(name)] * 2)
        for name in TABLES
    )
)
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")


@dataclass(frozen=True, slots=True)
class OpenedShop:
    """The rows of each table as a JSON array, and when they were read."""

    rows: Mapping[str, str]
    read_at: datetime

    async def insert(
        self, databases: Databases, api: httpx.AsyncClient, settings: Settings
    ) -> Shop:
        """A store like that one, opened just now, with an account of its own."""
        token = fresh_token()
        await introduce(str(settings.sandbox_url), token)
        texts = [self.rows[name] for name in TABLES]
        ids = _new_ids("".join(texts))
        later = datetime.now(UTC) - self.read_at
        texts = [_moved(text, ids, later) for text in texts]
        texts[0] = _with_token(texts[0], settings, token)
        assert settings.database_url
        url = settings.database_url.get_secret_value()
        databases.execute(url, INSERT, texts)
        (store,) = json.loads(texts[1])
        return Shop(
            api, str(settings.sandbox_url), store["id"], token, account_of(token)
        )


def _new_ids(text: str) -> dict[str, str]:
    """A new id for each one, in the same order."""
    old = sorted(set(_UUID.findall(text)))
    return dict(zip(old, sorted(str(new_id()) for _ in old), strict=True))


def _moved(text: str, ids: Mapping[str, str], later: timedelta) -> str:
    with_ids = _UUID.sub(lambda found: ids[found[0]], text)
    return _TIME.sub(
        lambda found: (datetime.fromisoformat(found[0]) + later).isoformat(), with_ids
    )


def _with_token(accounts: str, settings: Settings, token: str) -> str:
    (account,) = json.loads(accounts)
    vault = open_vault(settings)
    sealed = vault.seal(SecretStr(token), UUID(account["id"]))
    account |= {
        "token_cipher": rf"\x{sealed.cipher.hex()}",
        "token_key_id": sealed.key_id,
        "token_digest": vault.digest(token),
    }
    return json.dumps([account])


async def open_once(settings: Settings) -> OpenedShop:
    """Open a shop in an empty database, and read its rows when its jobs are done."""
    assert settings.database_url
    url = settings.database_url.get_secret_value()

    async def is_quiet() -> bool:
        return not _query(url, UNFINISHED)

    async with open_api(settings) as api, open_worker(settings):
        await open_shop(api, str(settings.sandbox_url))
        await eventually(is_quiet)
    filled = {name for (name,) in _query(url, NAMES) if _rows(url, name) != "[]"}
    assert filled <= set(EMPTY), filled
    return OpenedShop({name: _rows(url, name) for name in TABLES}, datetime.now(UTC))


def _rows(url: str, table: str) -> str:
    named = sql.Identifier(table).as_string()
    statement = f"SELECT coalesce(json_agg(t), '[]')::text FROM {named} AS t"  # noqa: S608 - a name of ours
    ((text,),) = _query(url, statement)
    return str(text)


def _query(url: str, statement: str) -> list[Any]:
    return query(url, statement)
