"""Reads orders singly that the list does not show any more.

Back Market's list hides orders whose payment is checked or has failed (sections 7.1,
16): an order that was seen unpaid disappears from it. Open orders are read again too,
in case a change of them was missed.
"""

from uuid import UUID

import structlog

from app.accounts.account_client import AccountServices
from app.backmarket import order_client
from app.backmarket.client import Access
from app.backmarket.errors import BackMarketNotFoundError
from app.core.failpoints import failpoint
from app.core.statements import load_statements
from app.jobs.lease import Lease
from app.orders.sync.upsert import store_orders

log = structlog.get_logger(__name__)

MOST_READS = 20
"""Orders per sync: a sync every ten minutes reads a hundred in an hour."""
_SQL = load_statements(__package__, "single_reads.sql")


async def read_unseen(
    services: AccountServices, access: Access, lease: Lease, account_id: UUID
) -> None:
    """Read the unpaid and open orders that were not seen for long.

    An order that Back Market does not know any more is marked as missing. Raises
    BackMarketError.
    """
    database = services.database
    async with database.transaction() as tx:
        values = {"account": account_id, "limit": MOST_READS}
        found = (await tx.session.execute(_SQL["unseen"], values)).scalars().all()
    for number in found:
        try:
            order = await order_client.read_order(services.back_market, access, number)
        except BackMarketNotFoundError:
            order = None
        failpoint("orders.read_singly")
        async with database.transaction() as tx:
            await lease.ensure_held(tx.session)
            if order and order.id == number:
                await store_orders(tx.session, services.vault, account_id, [order])
            await tx.session.execute(
                _SQL["mark_read"],
                {"account": account_id, "number": number, "missing": order is None},
            )
        log.info("orders.read_singly", missing=order is None)
