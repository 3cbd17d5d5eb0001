"""Activates and deactivates stores, and evaluates their lights."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Literal, LiteralString
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.models import SellerAccount
from app.backmarket.markets import Environment
from app.core.columns import utc_now
from app.core.errors import ConflictError, FieldError
from app.settings import Settings
from app.stores.categories.service import SnapshotKey, find_non_leaves
from app.stores.configuration import categories_of, resolved_mapping, snapshot_key_of
from app.stores.lights import (
    Light,
    categories_light,
    connection_light,
    mapping_light,
    settings_light,
)
from app.stores.models import Store
from app.stores.next_times import schedule_next_runs

PAUSE_ALL: LiteralString = (
    "UPDATE store SET active = false, next_offers_at = NULL, next_products_at = NULL, "
    "listings_imported_at = NULL, version = store.version + 1 "
    "FROM (SELECT id, active FROM store) AS was WHERE was.id = store.id "
    "RETURNING was.active"
)
"""Deactivates every store of a restored backup: its catalogs and live state are old.

For the connection of the restore.
"""


async def lights(
    session: AsyncSession, store: Store, settings: Settings
) -> tuple[Light, ...]:
    """The lights in this order: mapping, categories, API settings, connection."""
    account = (
        await accounts.find(session, store.account_id) if store.account_id else None
    )
    mapped = {target.category_id for target in categories_of(store)}
    gone = await find_non_leaves(session, snapshot_key_of(store), mapped)
    return lights_of(store, account, gone, settings)


async def lights_of_many(
    session: AsyncSession,
    many: Sequence[Store],
    known: Mapping[UUID, SellerAccount],
    settings: Settings,
) -> dict[UUID, tuple[Light, ...]]:
    """The lights of each store; `known` has their accounts. A query per country."""
    mapped: dict[SnapshotKey, set[int]] = defaultdict(set)
    for store in many:
        ids = {target.category_id for target in categories_of(store)}
        mapped[snapshot_key_of(store)] |= ids
    gone = {key: await find_non_leaves(session, key, mapped[key]) for key in mapped}
    return {
        store.id: lights_of(
            store,
            known.get(store.account_id) if store.account_id else None,
            gone[snapshot_key_of(store)],
            settings,
        )
        for store in many
    }


def lights_of(
    store: Store,
    account: SellerAccount | None,
    gone: Collection[int],
    settings: Settings,
) -> tuple[Light, ...]:
    """`gone`: categories, perhaps of other stores, too, that are no longer a leaf."""
    targets = categories_of(store)
    gone = {target.category_id for target in targets} & set(gone)
    return (
        mapping_light(resolved_mapping(store), store.catalog_columns),
        categories_light(targets, store.catalog_categories, gone),
        settings_light(
            has_token=account is not None,
            token_replaced=store.token_replaced_at is not None,
            needs_contact=settings.contact is None
            and store.environment == Environment.PRODUCTION,
        ),
        connection_light(
            account.connection if account else None,
            account.connection_detail if account else None,
        ),
    )


async def activate(session: AsyncSession, store: Store, settings: Settings) -> None:
    """Allow the store to publish. Raises ConflictError with the red lights."""
    if store.deletion_id:
        raise ConflictError("The store is being deleted.", code="store_leaves")
    needed = (await lights(session, store, settings))[:3]
    red = [light for light in needed if light.reasons]
    if red:
        raise ConflictError(
            "Activation needs green lights; red: "
            + ", ".join(light.name for light in red)
            + ".",
            code="lights_red",
            errors=[
                FieldError(light.name, reason.code, reason.message)
                for light in red
                for reason in light.reasons
            ],
        )
    if not store.active:
        store.active, store.activated_at = True, utc_now()
        store.departed_with = None
        schedule_next_runs(store)
        store.version += 1


async def deactivate(
    session: AsyncSession,
    store: Store,
    offers: Literal["zero", "leave"],
    deletion_id: UUID | None = None,
) -> None:
    """Stop publishing, and record whether the offers are set to 0 or left.

    The store's offers no longer count in the stock that stores of its account share.
    """
    was_active = store.active
    store.active, store.departed_with = False, offers
    store.deletion_id = store.deletion_id or deletion_id
    store.next_offers_at = store.next_products_at = None
    store.version += 1
    await session.flush()
    if was_active and store.account_id:
        await accounts.make_stores_due(session, store.account_id)
