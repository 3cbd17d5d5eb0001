"""Dependencies that hand a route its store, and honour `If-Match`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Query, Response

from app.access.dependencies import Reader, Writer
from app.backmarket.markets import MARKETS, Environment, UnknownMarketError
from app.core.errors import FieldError, InvalidError, PreconditionFailedError
from app.database import Tx
from app.stores import service
from app.stores.categories.service import TreeName, tree_name
from app.stores.models import Store


async def store_to_read(store_id: UUID, tx: Tx, caller: Reader) -> Store:
    return await service.visible(tx.session, caller, store_id)


async def store_to_change(
    store_id: UUID,
    tx: Tx,
    caller: Writer,
    if_match: Annotated[
        str | None, Header(description="the ETag that the change is based on")
    ] = None,
) -> Store:
    """Raises PreconditionFailedError when somebody else changed the store since."""
    store = await service.visible(tx.session, caller, store_id, lock=True)
    if if_match is None:
        return store
    named = {tag.strip() for tag in if_match.split(",")}
    if not named & {"*", etag(store)}:
        message = "The store has changed since you read it."
        raise PreconditionFailedError(
            message,
            errors=[FieldError("if-match", "not_current", message, etag(store))],
            current=etag(store),
        )
    return store


def etag(store: Store) -> str:
    return f'"{store.version}"'


def tag(response: Response, store: Store) -> None:
    response.headers["ETag"] = etag(store)


async def asked_tree(
    tx: Tx,
    caller: Reader,
    store_id: Annotated[
        UUID | None, Query(description="the store whose country and environment count")
    ] = None,
    country: Annotated[
        str | None, Query(max_length=10, description="where no `store_id` is given")
    ] = None,
    environment: Annotated[
        Environment, Query(description="goes with `country`")
    ] = Environment.PRODUCTION,
) -> TreeName | None:
    """The category tree of a store, else of a country; None when neither is given."""
    if store_id:
        return service.tree_of(await service.visible(tx.session, caller, store_id))
    if country is None:
        return None
    try:
        return tree_name(country, environment)
    except UnknownMarketError as error:
        message = f"Back Market has no market `{error.country[:20]}`."
        accepted = ", ".join(sorted(MARKETS))
        wrong = FieldError("country", "unknown_market", message, accepted)
        raise InvalidError(message, errors=[wrong]) from None


def needed(asked: TreeName | None) -> TreeName:
    """Raises InvalidError when the request does not say which tree it means."""
    if asked is None:
        message = "Say whose category tree: each country has its own language."
        accepted = "`store_id`, or `country` and `environment`"
        wrong = FieldError("store_id", "missing", message, accepted)
        raise InvalidError(message, errors=[wrong])
    return asked


AskedTree = Annotated[TreeName | None, Depends(asked_tree)]
StoreToRead = Annotated[Store, Depends(store_to_read)]
StoreToChange = Annotated[Store, Depends(store_to_change)]
