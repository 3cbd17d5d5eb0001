"""Route dependencies: load the store, check `If-Match`, find the category snapshot."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from app.access.dependencies import Reader, Writer
from app.backmarket.markets import MARKETS, Environment, UnknownMarketError
from app.core.errors import FieldError, InvalidError
from app.database import Tx
from app.stores import configuration, service
from app.stores.categories.service import SnapshotKey, snapshot_key
from app.stores.models import Store
from app.web.etags import IfMatch, require_version


async def store_to_read(store_id: UUID, tx: Tx, caller: Reader) -> Store:
    return await service.load_store(tx.session, caller, store_id)


async def store_to_change(
    store_id: UUID,
    tx: Tx,
    caller: Writer,
    if_match: IfMatch = None,
) -> Store:
    """Raises PreconditionFailedError when `If-Match` does not name the current ETag."""
    store = await service.load_store(tx.session, caller, store_id, lock=True)
    require_version(store, if_match, "store")
    return store


async def requested_snapshot(
    tx: Tx,
    caller: Reader,
    store_id: Annotated[
        UUID | None, Query(description="the store with the country and environment")
    ] = None,
    country: Annotated[
        str | None, Query(max_length=10, description="used without `store_id`")
    ] = None,
    environment: Annotated[
        Environment, Query(description="used with `country`")
    ] = Environment.PRODUCTION,
) -> SnapshotKey | None:
    """The snapshot of a store, else of a country; None when neither is given."""
    if store_id:
        return configuration.snapshot_key_of(
            await service.load_store(tx.session, caller, store_id)
        )
    if country is None:
        return None
    try:
        return snapshot_key(country, environment)
    except UnknownMarketError as error:
        message = f"Back Market has no market `{error.country[:20]}`."
        accepted = ", ".join(sorted(MARKETS))
        wrong = FieldError("country", "unknown_market", message, accepted)
        raise InvalidError(message, errors=[wrong]) from None


def require_snapshot_key(asked: SnapshotKey | None) -> SnapshotKey:
    """Raises InvalidError when the request names neither a store nor a country."""
    if asked is None:
        message = "Name a store or a country: categories differ by language."
        accepted = "`store_id`, or `country` and `environment`"
        wrong = FieldError("store_id", "missing", message, accepted)
        raise InvalidError(message, errors=[wrong])
    return asked


RequestedSnapshot = Annotated[SnapshotKey | None, Depends(requested_snapshot)]
StoreToRead = Annotated[Store, Depends(store_to_read)]
StoreToChange = Annotated[Store, Depends(store_to_change)]
