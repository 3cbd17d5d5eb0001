"""Response schemas of the audit log."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.access.audit.differences import MAX_LISTED
from app.access.audit.models import AuditEntry
from app.access.audit.service import AuditAction

COLUMNS = (
    *("at", "actor", "actor_id", "rule", "action", "subject_type", "subject_id"),
    *("store_id", "seller_account_id", "path", "before", "after"),
)


class AuditDifferenceOut(BaseModel):
    """A value that changed; null where there was, or is, no value."""

    path: str = Field(description="JSON Pointer into the subject")
    before: Any
    after: Any


class AuditActorOut(BaseModel):
    """Who made a change: an API key, or a rule of an automation."""

    id: UUID | None = Field(description="of the API key; null for the admin key")
    name: str = Field(description="of the API key at that time, or `admin key`")
    rule: str | None = Field(description="of the automation that did it, else null")


class AuditEntryOut(BaseModel):
    """One change: who, when, what. It has no secret and no buyer's data."""

    id: UUID
    at: datetime
    actor: AuditActorOut
    action: AuditAction
    subject_type: str
    subject_id: str
    store_id: UUID | None
    seller_account_id: UUID | None
    changed: int = Field(description="how many values differ")
    differences: list[AuditDifferenceOut] = Field(
        description=f"the first {MAX_LISTED} of them"
    )


def entry_out(entry: AuditEntry) -> AuditEntryOut:
    fields = entry.model_dump(exclude={"account_id", "key_id", "actor", "rule"})
    actor = {"id": entry.key_id, "name": entry.actor, "rule": entry.rule}
    return AuditEntryOut.model_validate(
        fields | {"actor": actor, "seller_account_id": entry.account_id}
    )


def entry_lines(entry: AuditEntry) -> Iterator[tuple[object, ...]]:
    """A CSV line per difference, at least one: COLUMNS."""
    fields = (
        *(entry.at.isoformat(), entry.actor, entry.key_id, entry.rule, entry.action),
        *(entry.subject_type, entry.subject_id, entry.store_id, entry.account_id),
    )
    for each in entry.differences or [{}]:
        values = (_cell(each.get(name)) for name in ("before", "after"))
        yield (*fields, each.get("path"), *values)


def _cell(value: object) -> object:
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False)
