"""FastAPI dependencies that load an order and check `If-Match`."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from app.access.dependencies import Reader, Writer
from app.core.errors import FieldError, InvalidError
from app.database import Tx
from app.orders import queries
from app.orders.models import SalesOrder
from app.stores import service as stores
from app.web.etags import IfMatch, require_version
from app.web.pagination import BIGGEST

KEYS = "an order's id, or Back Market's number of it"


async def order_to_change(
    order_id: UUID,
    tx: Tx,
    caller: Writer,
    if_match: IfMatch = None,
) -> SalesOrder:
    """The order, locked. Raises PreconditionFailedError when it has changed."""
    order, _ = await queries.get_order(tx.session, caller, order_id, lock=True)
    require_version(order, if_match, "order")
    return order


async def order_to_read(order_id: UUID, tx: Tx, caller: Reader) -> SalesOrder:
    order, _ = await queries.get_order(tx.session, caller, order_id)
    return order


@dataclass(frozen=True, slots=True)
class Seen:
    """What the caller's stores see, and the part that a request selects."""

    every: list[queries.OrderScope]
    selected: list[queries.OrderScope]


async def seen_scopes(tx: Tx, caller: Reader, store_id: UUID | None = None) -> Seen:
    """Raises NotFoundError for a store that the caller may not see."""
    if store_id:
        await stores.load_store(tx.session, caller, store_id)
    every = await queries.views(tx.session, caller)
    return Seen(every, [view for view in every if store_id in {None, view.store_id}])


SeenScopes = Annotated[Seen, Depends(seen_scopes)]


async def order_id_of(
    order_id: Annotated[str, Path(description=KEYS, max_length=36)],
    tx: Tx,
    caller: Reader,
) -> UUID:
    """Our id. Raises InvalidError, NotFoundError, ConflictError."""
    if order_id.isascii() and order_id.isdigit() and int(order_id) <= BIGGEST:
        return await queries.find_order_id(tx.session, caller, int(order_id))
    try:
        return UUID(order_id)
    except ValueError:
        message = "This is no id of an order."
        raise InvalidError(
            message, errors=[FieldError("order_id", "invalid_id", message, KEYS)]
        ) from None


KnownOrderId = Annotated[UUID, Depends(order_id_of)]
OrderToChange = Annotated[SalesOrder, Depends(order_to_change)]
OrderToRead = Annotated[SalesOrder, Depends(order_to_read)]
