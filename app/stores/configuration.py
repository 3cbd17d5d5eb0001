"""Reads and changes settings, mapping and categories of a store.

A change that affects offers imports the newest catalog again.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.service import Caller
from app.accounts import tokens
from app.backmarket.markets import Environment, market_of
from app.core.errors import ConflictError, FieldError, ForbiddenError, InvalidError
from app.core.vault import Vault
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.offers import service as offers
from app.stores.categories import scheduling as categories
from app.stores.categories.service import SnapshotKey, require_leaves, snapshot_key
from app.stores.mapping.mapping_model import (
    CatalogMapping,
    CategoryTarget,
    category_key,
)
from app.stores.mapping.resolve import resolve_for_store
from app.stores.mapping.validate import find_violations, require_valid
from app.stores.models import Store
from app.stores.next_times import schedule_next_runs
from app.stores.schemas import SettingsIn
from app.stores.service import siblings

ALL_COUNTRIES = "all_countries"


async def put_settings(  # noqa: PLR0913, PLR0917 - who sets what, and where
    tx: Transaction,
    vault: Vault,
    caller: Caller,
    store: Store,
    new: SettingsIn,
    default_interval: timedelta,
) -> None:
    """Replace the settings; a token selects or creates the seller account.

    Raises ConflictError when the store would leave an account where it has stock
    online, InvalidError when the environment changes without a token, ForbiddenError
    when orders of the whole account would become visible to a key of some stores.
    """
    before = store.account_id, store.order_scope
    if new.token is not None:
        await _join_account(tx, vault, store, new)
    elif store.account_id and new.environment != store.environment:
        message = (
            "A token belongs to one environment; send one for the new environment."
        )
        raise InvalidError(
            message, errors=[FieldError("token", "token_needed", message, "a token")]
        )
    if new.order_scope == ALL_COUNTRIES and before != (store.account_id, ALL_COUNTRIES):
        await _require_whole_account(tx.session, caller, store)
    policies = _import_policies(store)
    _set_fields(store, new, default_interval)
    if policies != _import_policies(store):
        await _reimport(tx, store)
    if store.active:
        schedule_next_runs(store)
    store.version += 1


async def _require_whole_account(
    session: AsyncSession, caller: Caller, store: Store
) -> None:
    """Orders of all countries have addresses that other stores' keys protect."""
    others = await siblings(session, store) if store.account_id else []
    if not all(map(caller.sees, others)):
        raise ForbiddenError(
            "Orders of all countries need a key for every store of the seller account.",
            code="account_wide",
            accepted="a key for all stores of the account, or `store_country`",
        )


def _import_policies(store: Store) -> tuple[str, ...]:
    """Settings that an import applies to offers."""
    return store.invalid_rows, store.duplicate_skus, store.open_orders


def _set_fields(store: Store, new: SettingsIn, default_interval: timedelta) -> None:
    store.environment = new.environment
    store.order_scope = new.order_scope
    store.orders_from = new.orders_from
    store.publish_offers = new.publish_offers
    store.publish_products = new.publish_products
    interval = new.offers_interval or default_interval
    store.offers_interval_s = int(interval.total_seconds())
    store.products_interval_s = int(new.products_interval.total_seconds())
    store.invalid_rows = new.invalid_rows
    store.duplicate_skus = new.duplicate_skus
    store.quarantine_after = new.quarantine_after
    store.drift = new.drift
    store.catalog_delay_s = int(new.catalog_delay.total_seconds())
    store.open_orders = new.open_orders
    store.brake = new.brake.model_dump(mode="json")
    store.minimum_margin = new.minimum_margin.model_dump(mode="json")
    automations = new.automations.model_dump(mode="json")
    store.automations = automations if any(automations.values()) else None


async def _join_account(
    tx: Transaction, vault: Vault, store: Store, new: SettingsIn
) -> None:
    assert new.token is not None  # noqa: S101 - checked by the caller
    platform = market_of(store.country).platform
    account = await tokens.find_or_create(
        tx.session, vault, platform, new.environment, new.token
    )
    moves = store.account_id not in {None, account.id}
    if moves and await offers.has_stock_online(tx.session, store.id):
        raise ConflictError(
            "The store has offers online under its current token. To replace that "
            "token use PUT /v1/seller-accounts/{id}/token.",
            code="store_has_listings",
        )
    if store.account_id != account.id:
        await offers.detach_listings(tx.session, store.id)
        store.listings_imported_at = store.token_replaced_at = None
    store.account_id = account.id
    await tx.enqueue(JobKind.CHECK_CONNECTION, account.id, account.id)
    await categories.fetch_if_missing(tx, snapshot_key(store.country, new.environment))


def mapping_of(store: Store) -> CatalogMapping | None:
    return CatalogMapping.model_validate(store.mapping) if store.mapping else None


def resolved_mapping(
    store: Store, mapping: CatalogMapping | None = None
) -> CatalogMapping | None:
    """The mapping (default: that of the store), resolved for the store's country."""
    mapping = mapping or mapping_of(store)
    if mapping is None:
        return None
    market = market_of(store.country)
    return resolve_for_store(mapping, market.country, market.currency)


def categories_of(store: Store) -> list[CategoryTarget]:
    return [CategoryTarget.model_validate(item) for item in store.categories]


def snapshot_key_of(store: Store) -> SnapshotKey:
    """The key of the category snapshot for the store's country and environment."""
    return snapshot_key(store.country, Environment(store.environment))


async def put_mapping(tx: Transaction, store: Store, mapping: CatalogMapping) -> None:
    """Set the mapping and import the newest catalog again.

    Raises InvalidError for rules that cannot be applied.
    """
    require_valid(find_violations(mapping, store.country))
    store.mapping = mapping.model_dump(mode="json", exclude_defaults=True)
    await _reimport(tx, store)


async def put_categories(
    tx: Transaction, store: Store, targets: Sequence[CategoryTarget]
) -> None:
    """Set the category mapping and import the newest catalog again.

    Raises InvalidError for a source category that is mapped twice, and for a category
    that is not a leaf at Back Market, where its categories are known.
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
    pairs = [(target.source, target.category_id) for target in targets]
    await require_leaves(tx.session, snapshot_key_of(store), pairs)
    store.categories = [t.model_dump(mode="json") for t in targets]
    await _reimport(tx, store)


async def _reimport(tx: Transaction, store: Store) -> None:
    """Import the newest usable catalog and its later partial catalogs again.

    Their state is `importing` at once, so that no caller reads outdated counts.
    """
    store.config_version += 1
    store.version += 1
    await tx.session.execute(
        text("SELECT refeed_mark_catalogs_for_import(:id)"), {"id": store.id}
    )
    await tx.enqueue(JobKind.IMPORT, store.id, store.tenant_id)
