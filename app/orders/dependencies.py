"""FastAPI dependencies that load an order and check `If-Match`."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header

from app.access.dependencies import Reader, Writer
from app.core.errors import FieldError, PreconditionFailedError
from app.database import Tx
from app.orders import queries
from app.orders.models import SalesOrder

IfMatch = Annotated[
    str | None, Header(description="the ETag that the change is based on")
]


async def order_to_change(
    order_id: UUID,
    tx: Tx,
    caller: Writer,
    if_match: IfMatch = None,
) -> SalesOrder:
    """The order, locked. Raises PreconditionFailedError when it has changed."""
    order, _ = await queries.get_order(tx.session, caller, order_id, lock=True)
    require_version(order, if_match)
    return order


def require_version(order: SalesOrder, if_match: str | None) -> None:
    """Raises PreconditionFailedError when the given tag is not the current one."""
    if if_match is None:
        return
    named = {tag.strip() for tag in if_match.split(",")}
    if not named & {"*", etag(order)}:
        message = "The order has changed since you read it."
        raise PreconditionFailedError(
            message,
            errors=[FieldError("if-match", "not_current", message, etag(order))],
            current=etag(order),
        )


async def order_to_read(order_id: UUID, tx: Tx, caller: Reader) -> SalesOrder:
    order, _ = await queries.get_order(tx.session, caller, order_id)
    return order


def etag(order: SalesOrder) -> str:
    return f'"{order.version}"'


OrderToChange = Annotated[SalesOrder, Depends(order_to_change)]
OrderToRead = Annotated[SalesOrder, Depends(order_to_read)]
