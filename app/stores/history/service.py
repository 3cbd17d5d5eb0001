"""Records and lists the versions of a store's settings, mapping and categories."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access import service as access
from app.access.audit import service as audit
from app.access.audit.differences import MAX_LISTED, differences
from app.access.audit.service import AuditAction, Subject
from app.access.service import Caller
from app.core.errors import NotFoundError
from app.stores.history.models import StoreVersion
from app.stores.models import Store
from app.stores.schemas import SettingsOut, settings_out

UNKNOWN = "unknown"
"""`set_by` of content that is older than the first recorded version."""


class StorePart(StrEnum):
    """A part of a store that has versions."""

    SETTINGS = "settings"
    MAPPING = "mapping"
    CATEGORIES = "categories"


_ACTIONS = {
    StorePart.SETTINGS: AuditAction.STORE_SETTINGS_CHANGED,
    StorePart.MAPPING: AuditAction.STORE_MAPPING_CHANGED,
    StorePart.CATEGORIES: AuditAction.STORE_CATEGORIES_CHANGED,
}


def part_content(store: Store, part: StorePart) -> Any:  # noqa: ANN401 - JSON
    """The part as JSON; categories by their source, to compare versions."""
    match part:
        case StorePart.SETTINGS:
            return settings_out(store).model_dump(mode="json", exclude={"token_set"})
        case StorePart.MAPPING:
            return store.mapping or {}
        case StorePart.CATEGORIES:
            return {item["source"]: item for item in store.categories}


def settings_in(content: dict[str, Any]) -> dict[str, Any]:
    """Stored settings as a PUT body; it does not change the seller account."""
    names = SettingsOut.model_fields.keys() - {"seller_account_id"}
    return {name: value for name, value in content.items() if name in names}


@asynccontextmanager
async def record_version(
    session: AsyncSession,
    store: Store,
    part: StorePart,
    caller: Caller,
    restored_from: int | None = None,
) -> AsyncIterator[None]:
    """Record what the block changes as a version, and in the audit log.

    The caller locks the store's row.
    """
    before = part_content(store, part)
    yield
    after = part_content(store, part)
    if after == before:
        return
    subject = Subject(store.id, store.id, store.account_id)
    await audit.record(
        session, caller, _ACTIONS[part], subject, before=before, after=after
    )
    number = await _newest(session, store.id, part)
    if number == 0 and (before or part is StorePart.SETTINGS):
        number = 1
        session.add(_first(store.id, part, before))
    found = differences(before, after)
    session.add(
        StoreVersion(
            store_id=store.id,
            part=part,
            number=number + 1,
            content=after,
            differences=[asdict(each) for each in found[:MAX_LISTED]],
            changed=len(found),
            key_id=caller.key_id,
            set_by=await access.name_of(session, caller),
            restored_from=restored_from,
        )
    )
    await session.flush()


def _first(store_id: UUID, part: StorePart, content: Any) -> StoreVersion:  # noqa: ANN401 - JSON
    return StoreVersion(
        store_id=store_id, part=part, number=1, content=content, set_by=UNKNOWN
    )


async def _newest(session: AsyncSession, store_id: UUID, part: StorePart) -> int:
    return (await current_versions(session, store_id)).get(part, 0)


async def current_versions(session: AsyncSession, store_id: UUID) -> dict[str, int]:
    """The current version number of each part that was ever set."""
    rows = await session.execute(
        select(col(StoreVersion.part), func.max(StoreVersion.number).label("newest"))
        .where(StoreVersion.store_id == store_id)
        .group_by(col(StoreVersion.part))
    )
    return {row.part: row.newest for row in rows}


async def list_versions(
    session: AsyncSession,
    store_id: UUID,
    part: StorePart,
    before: int | None,
    limit: int,
) -> Sequence[StoreVersion]:
    """Newest first."""
    query = (
        select(StoreVersion)
        .where(StoreVersion.store_id == store_id, StoreVersion.part == str(part))
        .order_by(col(StoreVersion.number).desc())
        .limit(limit + 1)
    )
    if before:
        query = query.where(col(StoreVersion.number) < before)
    return (await session.execute(query)).scalars().all()


async def get(
    session: AsyncSession, store_id: UUID, part: StorePart, number: int
) -> StoreVersion:
    """Raises NotFoundError."""
    found = await session.get(StoreVersion, (store_id, str(part), number))
    if found is None:
        raise NotFoundError("Version not found.")
    return found
