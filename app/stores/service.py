"""Keeps stores: settings, mapping, categories."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access.service import Caller
from app.accounts import service as accounts
from app.backmarket.markets import Environment, market_of
from app.core.columns import utc_now
from app.core.errors import ConflictError, FieldError, InvalidError, NotFoundError
from app.core.vault import Vault
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.offers import service as offers
from app.settings import Settings
from app.stores.categories import scheduling as trees
from app.stores.categories.service import TreeName, check_leaves, tree_name
from app.stores.mapping.mapping_model import (
    CatalogMapping,
    CategoryTarget,
    category_key,
)
from app.stores.mapping.resolve import flaws, for_store
from app.stores.mapping.validate import require_sound
from app.stores.models import Store
from app.stores.schedule import next_due
from app.stores.schemas import SettingsIn


async def create(
    session: AsyncSession, name: str, country: str, settings: Settings
) -> Store:
    store = Store(
        name=name,
        country=country,
        offers_interval_s=int(settings.offers_interval.total_seconds()),
    )
    session.add(store)
    await session.flush()
    return store


async def visible(
    session: AsyncSession, caller: Caller, store_id: UUID, *, lock: bool = False
) -> Store:
    """The store. Raises NotFoundError when it is not there or not the caller's.

    `lock`: other changes of the store wait, so that none is lost.
    """
    caller.require_store(store_id)
    hold = {"key_share": True} if lock else None
    store = await session.get(Store, store_id, with_for_update=hold)
    if store is None:
        raise NotFoundError("There is no such store.")
    return store


async def listed(
    session: AsyncSession, caller: Caller, after: UUID | None, limit: int
) -> Sequence[Store]:
    query = select(Store).order_by(col(Store.id)).limit(limit + 1)
    if caller.store_ids is not None:
        query = query.where(col(Store.id).in_(caller.store_ids))
    if after:
        query = query.where(col(Store.id) > after)
    return (await session.execute(query)).scalars().all()


async def siblings(session: AsyncSession, store: Store) -> list[UUID]:
    """The other stores of its seller account."""
    found = await session.execute(
        select(Store.id).where(
            Store.account_id == store.account_id, Store.id != store.id
        )
    )
    return list(found.scalars())


async def delete(session: AsyncSession, store: Store) -> None:
    """Forget a store that sells nothing.

    Raises ConflictError while it is active, publishes or has stock online: forgetting
    it then would leave offers for sale that nobody looks after.
    """
    if store.active:
        raise ConflictError(
            "The store is active; delete its activation first.", code="store_active"
        )
    if await _is_publishing(session, store.id):
        raise ConflictError(
            "A publication of this store is under way.", code="store_publishes"
        )
    if await offers.has_stock_online(session, store.id):
        raise ConflictError(
            "Offers of this store are online. Publish an empty stock first.",
            code="store_has_listings",
        )
    await session.delete(store)


async def _is_publishing(session: AsyncSession, store_id: UUID) -> bool:
    found = await session.scalar(
        text("SELECT refeed_store_is_publishing(:id)"), {"id": store_id}
    )
    return bool(found)


async def put_settings(
    tx: Transaction,
    vault: Vault,
    store: Store,
    wanted: SettingsIn,
    usual_interval: timedelta,
) -> None:
    """Replace the settings; a token finds or makes the seller account.

    Raises ConflictError when the store would leave an account where it has stock
    online, InvalidError when the environment changes without a token.
    """
    if wanted.token is not None:
        await _join_account(tx, vault, store, wanted)
    elif store.account_id and wanted.environment != store.environment:
        message = "A token belongs to one environment: send the token of the new one."
        raise InvalidError(
            message, errors=[FieldError("token", "token_needed", message, "a token")]
        )
    policies = (store.invalid_rows, store.duplicate_skus)
    store.environment = wanted.environment
    store.order_scope = wanted.order_scope
    store.publish_offers = wanted.publish_offers
    store.publish_products = wanted.publish_products
    interval = wanted.offers_interval or usual_interval
    store.offers_interval_s = int(interval.total_seconds())
    store.products_interval_s = int(wanted.products_interval.total_seconds())
    store.invalid_rows = wanted.invalid_rows
    store.duplicate_skus = wanted.duplicate_skus
    store.quarantine_after = wanted.quarantine_after
    store.drift = wanted.drift
    store.brake = wanted.brake.model_dump(mode="json")
    store.minimum_margin = wanted.minimum_margin.model_dump(mode="json")
    if policies != (store.invalid_rows, store.duplicate_skus):
        await _reimport(tx, store)
    if store.active:
        set_due(store)
    store.version += 1


def set_due(store: Store) -> None:
    """Give an active store its turns, each at a place of its own in the rhythm."""
    now = utc_now()
    offers = timedelta(seconds=store.offers_interval_s)
    products = timedelta(seconds=store.products_interval_s)
    store.next_offers_at = next_due(store.id, offers, now)
    store.next_products_at = next_due(store.id, products, now)


async def _join_account(
    tx: Transaction, vault: Vault, store: Store, wanted: SettingsIn
) -> None:
    assert wanted.token is not None  # noqa: S101 - the caller looked
    platform = market_of(store.country).platform
    account = await accounts.find_or_create(
        tx.session, vault, platform, wanted.environment, wanted.token
    )
    if store.account_id not in {None, account.id}:
        if await offers.has_stock_online(tx.session, store.id):
            raise ConflictError(
                "Offers of this store are online under its present token. To renew "
                "that token use PUT /v1/seller-accounts/{id}/token.",
                code="store_has_listings",
            )
        await offers.detach_listings(tx.session, store.id)
    store.account_id = account.id
    await tx.enqueue(JobKind.CHECK_CONNECTION, account.id)
    await trees.want(tx, tree_name(store.country, wanted.environment))


def mapping_of(store: Store) -> CatalogMapping | None:
    return CatalogMapping.model_validate(store.mapping) if store.mapping else None


def mapping_in_force(
    store: Store, mapping: CatalogMapping | None = None
) -> CatalogMapping | None:
    """What the mapping (else that of the store) is for the store's country."""
    mapping = mapping or mapping_of(store)
    if mapping is None:
        return None
    market = market_of(store.country)
    return for_store(mapping, market.country, market.currency)


def categories_of(store: Store) -> list[CategoryTarget]:
    return [CategoryTarget.model_validate(item) for item in store.categories]


def tree_of(store: Store) -> TreeName:
    """The category tree that the store's categories are of."""
    return tree_name(store.country, Environment(store.environment))


async def put_mapping(tx: Transaction, store: Store, mapping: CatalogMapping) -> None:
    """Set the mapping; the newest catalog is read again with it.

    Raises InvalidError for rules that cannot be carried out.
    """
    require_sound(flaws(mapping, store.country))
    store.mapping = mapping.model_dump(mode="json", exclude_defaults=True)
    await _reimport(tx, store)


async def put_categories(
    tx: Transaction, store: Store, targets: Sequence[CategoryTarget]
) -> None:
    """Set the category mapping; the newest catalog is read again with it.

    Raises InvalidError for a source category that is mapped twice, and for a category
    that is no leaf of the store's tree, where that is known.
    """
    seen: set[str] = set()
    for number, target in enumerate(targets):
        key = category_key(target.source)
        if key in seen:
            message = f"The source category {target.source!r} is mapped twice."
            raise InvalidError(
                message,
                errors=[FieldError(f"items.{number}.source", "duplicate", message)],
            )
        seen.add(key)
    wanted = [(target.source, target.category_id) for target in targets]
    await check_leaves(tx.session, tree_of(store), wanted)
    store.categories = [t.model_dump(mode="json") for t in targets]
    await _reimport(tx, store)


async def _reimport(tx: Transaction, store: Store) -> None:
    """The newest usable catalog is `importing` from now on: nobody reads old counts.

    So are the partial ones that came after it.
    """
    store.config_version += 1
    store.version += 1
    await tx.session.execute(
        text("SELECT refeed_mark_catalogs_for_import(:id)"), {"id": store.id}
    )
    await tx.enqueue(JobKind.IMPORT, store.id)
