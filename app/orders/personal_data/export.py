"""Makes the copy of a buyer's data from orders."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.core.vault import Vault
from app.orders import queries
from app.orders.buyers.sealing import open_addresses
from app.orders.models import SalesOrder, SalesOrderLine
from app.orders.personal_data.schemas import BuyerOrderOut
from app.orders.schemas import address_out, line_out

_SAME_NAMES = BuyerOrderOut.model_fields.keys() & SalesOrder.model_fields.keys() - {
    "shipping_address",
    "billing_address",
}


async def export_orders(
    session: AsyncSession, vault: Vault, ids: Sequence[UUID]
) -> list[BuyerOrderOut]:
    """The orders with these ids, newest first."""
    found = await session.execute(
        select(SalesOrder)
        .where(col(SalesOrder.id).in_(ids))
        .order_by(col(SalesOrder.id).desc())
    )
    lines = await queries.lines_by_order(session, ids)
    return [_copy(vault, order, lines[order.id]) for order in found.scalars()]


def _copy(
    vault: Vault, order: SalesOrder, lines: Sequence[SalesOrderLine]
) -> BuyerOrderOut:
    addresses = open_addresses(vault, order)
    payment = order.other_fields.get("payment_method")
    return BuyerOrderOut(
        **{name: getattr(order, name) for name in _SAME_NAMES},
        order_id=order.id,
        seller_account_id=order.account_id,
        shipping_address=address_out(addresses.shipping),
        billing_address=address_out(addresses.billing),
        payment_method=payment if isinstance(payment, str) else None,
        lines=[line_out(line) for line in lines],
    )
