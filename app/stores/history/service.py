"""Keeps the versions of a store's parts, and brings one of them back."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.models import ApiKey
from app.access.service import Caller
from app.core.errors import NotFoundError
from app.stores.history.differences import MOST, differences
from app.stores.history.models import StoreVersion
from app.stores.models import Store
from app.stores.schemas import SettingsOut, settings_out

ADMIN = "admin key"
UNKNOWN = "unknown"
"""Who set what stood there before versions were kept."""


class Part(StrEnum):
    """What of a store has versions."""

    SETTINGS = "settings"
    MAPPING = "mapping"
    CATEGORIES = "categories"


def content_of(store: Store, part: Part) -> Any:  # noqa: ANN401 - JSON
    """The part as JSON; categories by their source, so that versions compare well."""
    match part:
        case Part.SETTINGS:
            return settings_out(store).model_dump(mode="json", exclude={"token_set"})
        case Part.MAPPING:
            return store.mapping or {}
        case Part.CATEGORIES:
            return {item["source"]: item for item in store.categories}


def settings_in(content: dict[str, Any]) -> dict[str, Any]:
    """Settings as they are put: the account stays the present one."""
    ours = {"seller_account_id"}
    names = SettingsOut.model_fields.keys() - ours
    return {name: value for name, value in content.items() if name in names}


@asynccontextmanager
async def kept(
    session: AsyncSession,
    store: Store,
    part: Part,
    caller: Caller,
    restored_from: int | None = None,
) -> AsyncIterator[None]:
    """Whatever the block sets becomes a version; the caller holds the store's row."""
    before = content_of(store, part)
    yield
    after = content_of(store, part)
    if after == before:
        return
    number = await _newest(session, store.id, part)
    if number == 0 and (before or part is Part.SETTINGS):
        number = 1
        session.add(_first(store.id, part, before))
    found = differences(before, after)
    session.add(
        StoreVersion(
            store_id=store.id,
            part=part,
            number=number + 1,
            content=after,
            differences=[asdict(each) for each in found[:MOST]],
            changed=len(found),
            key_id=caller.key_id,
            set_by=await _name(session, caller),
            restored_from=restored_from,
        )
    )
    await session.flush()


def _first(store_id: UUID, part: Part, content: Any) -> StoreVersion:  # noqa: ANN401 - JSON
    return StoreVersion(
        store_id=store_id, part=part, number=1, content=content, set_by=UNKNOWN
    )


async def _newest(session: AsyncSession, store_id: UUID, part: Part) -> int:
    return (await numbers(session, store_id)).get(part, 0)


async def numbers(session: AsyncSession, store_id: UUID) -> dict[str, int]:
    """The present version of each part that was ever set."""
    rows = await session.execute(
        select(col(StoreVersion.part), func.max(StoreVersion.number).label("newest"))
        .where(StoreVersion.store_id == store_id)
        .group_by(col(StoreVersion.part))
    )
    return {row.part: row.newest for row in rows}


async def _name(session: AsyncSession, caller: Caller) -> str:
    key = await session.get(ApiKey, caller.key_id) if caller.key_id else None
    return key.name if key else ADMIN


async def listed(
    session: AsyncSession, store_id: UUID, part: Part, before: int | None, limit: int
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
    session: AsyncSession, store_id: UUID, part: Part, number: int
) -> StoreVersion:
    """Raises NotFoundError."""
    found = await session.get(StoreVersion, (store_id, str(part), number))
    if found is None:
        raise NotFoundError("There is no such version.")
    return found
