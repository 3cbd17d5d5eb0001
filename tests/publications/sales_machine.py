"""A store, its buyers and Back Market as one number, on the real tables and statements.

Statements, plans, results, orders and drift checks go through the service's functions;
only Back Market is replaced, by the quantity of one listing.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.wire.listings import Listing
from app.backmarket.wire.orders import Order, OrderLine
from app.catalogs import quick_updates
from app.core.columns import new_id, utc_now
from app.offers.comparison import ListingComparison, add_seen, columns_of, open_tables
from app.offers.locks import lock_offers
from app.offers.sales import restate
from app.orders.sync.upsert import store_orders
from app.publications.enums import Outcome
from app.publications.planning.plan import write_plan
from app.publications.planning.request import PlanRequest
from app.publications.results.compare import compare
from app.publications.results.record import ChangeResult, record_results

START = 5
CATALOG = (
    "INSERT INTO catalog (id, store_id, mode, state, media_type, size_bytes, sha256, "
    "storage_key, stated, detected, columns, source_categories, counts, "
    "problem_counts, created_at) VALUES (:id, :store, 'full', 'ready', '', 0, '', '', "
    "'{}', '{}', '[]', '{}', '{}', '{}', :at)"
)


@dataclass(frozen=True, slots=True)
class Ids:
    """The rows that every example shares."""

    account: UUID
    store: UUID
    publication: UUID


def order_of(number: int, units: int, at: datetime, state: int = 1) -> Order:
    empty: dict[str, Any] = dict.fromkeys(Order.__dataclass_fields__)
    line: dict[str, Any] = dict.fromkeys(OrderLine.__dataclass_fields__)
    line |= {"id": number, "state": state, "sku": "A", "quantity": units}
    empty |= {
        "id": number,
        "state": 1 if state == 1 else 9,
        "created_at": at,
        "modified_at": at,
        "shipping_address": {},
        "billing_address": {},
        "other_fields": {},
        "digest": "",
    }
    return Order(**empty | {"lines": (OrderLine(**line),)})


class SalesMachine(RuleBasedStateMachine):
    """Any order of statements, sales, cancellations, checks and publications."""

    runner: ClassVar[asyncio.Runner]
    sessions: ClassVar[Callable[[], AsyncSession]]
    ids: ClassVar[Ids]
    orders = Bundle("orders")

    def __init__(self) -> None:
        super().__init__()
        self.listing = START
        self.stated, self.stated_at = START, utc_now()
        self.sales: list[tuple[datetime, int]] = []
        self.unknown: list[Order] = []
        self.restocked = False
        """Units came back at Back Market, which only a read of the listing shows."""
        self.run(self._open)

    def run(self, step: Callable[[AsyncSession], Coroutine[Any, Any, None]]) -> None:
        async def in_transaction() -> None:
            async with type(self).sessions() as session:
                await step(session)
                await session.commit()

        self.runner.run(in_transaction())

    async def _open(self, session: AsyncSession) -> None:
        for table in ("offer", "offer_check", "quick_update", "sales_order", "change"):
            await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - ours
        await self._catalog(session, START)
        await session.execute(
            text(
                "INSERT INTO offer (store_id, sku_key, sku, desired_state, "
                "fingerprint, ean, grade, price, quantity, listed, live_price, "
                "live_quantity, live_grade, live_at, live_quantity_at, listing_id) "
                "VALUES (:store, 'a', 'A', 'active', 1, '4006381333931', 'GOOD', "
                "100, :q, true, 100, :q, 'GOOD', now(), now(), '7001')"
            ),
            {"store": self.ids.store, "q": START},
        )

    async def _catalog(self, session: AsyncSession, quantity: int) -> None:
        self.stated, self.stated_at = quantity, utc_now()
        values = {"id": new_id(), "store": self.ids.store, "at": self.stated_at}
        await session.execute(text(CATALOG), values)
        current = "UPDATE store SET current_catalog_id = :id WHERE id = :store"
        await session.execute(text(current), values)

    @rule(quantity=st.integers(0, 6))
    def catalog(self, quantity: int) -> None:
        async def step(session: AsyncSession) -> None:
            await lock_offers(session, [self.ids.store])
            await session.execute(text("DELETE FROM quick_update"))
            await self._catalog(session, quantity)
            await session.execute(
                text("UPDATE offer SET quantity = :q, fingerprint = fingerprint + 1"),
                {"q": quantity},
            )
            await restate(session, self.ids.store)

        self.run(step)

    @rule(quantity=st.integers(0, 6))
    def quick_update(self, quantity: int) -> None:
        async def step(session: AsyncSession) -> None:
            item = quick_updates.UpdateItem("A", str(quantity), None)
            checked = quick_updates.check([item], "EUR")
            self.stated, self.stated_at = quantity, utc_now()
            (result,) = await quick_updates.apply(
                session, self.ids.store, checked, self.stated_at, "EUR"
            )
            assert result.outcome == "accepted"

        self.run(step)

    @rule(target=orders, units=st.integers(1, 3))
    def buy(self, units: int) -> Order:
        units = min(units, self.listing)
        order = order_of(len(self.sales) + 1, units, utc_now())
        self.sales.append((utc_now(), units))
        self.listing -= units
        if units:
            self.unknown.append(order)
        return order

    @rule(order=consumes(orders), restock=st.booleans())
    def cancel(self, order: Order, restock: bool) -> None:  # noqa: FBT001 - drawn
        units = order.lines[0].quantity
        if not units:
            return
        self.listing += units if restock else 0
        self.restocked |= restock
        cancelled = order_of(order.id, units, order.created_at or utc_now(), 4)
        self.unknown.append(replace(cancelled, modified_at=utc_now()))

    @rule()
    def fetch_orders(self) -> None:
        async def step(session: AsyncSession) -> None:
            await store_orders(session, self.ids.account, self.unknown)

        self.run(step)
        self.unknown = []

    @rule()
    def check_drift(self) -> None:
        """A drift check fetches orders first where they may explain a difference."""
        self.fetch_orders()

        async def step(session: AsyncSession) -> None:
            await open_tables(session)
            shown = Listing(
                id="7001",
                listing_id="7001",
                sku="A",
                quantity=self.listing,
                price=100,  # type: ignore[arg-type] - as good as a Decimal
                grade="GOOD",
                publication_state=2,
            )
            await add_seen(session, columns_of([("a", shown)]), [""])
            comparison = ListingComparison(
                store_id=self.ids.store,
                siblings=[],
                since=utc_now() + timedelta(microseconds=1),
                orders_known=True,
                adopt=True,
            )
            await compare(session, self.ids.account, comparison, [])

        self.run(step)
        self.restocked = False

    @rule()
    def publish(self) -> None:
        self.run(self._publish)

    async def _publish(self, session: AsyncSession) -> None:
        await session.execute(text("DELETE FROM change"))
        ids = self.ids
        request = PlanRequest(
            publication_id=ids.publication,
            account_id=ids.account,
            store_id=ids.store,
            siblings=[],
            lines=100,
            single_max=10,
            detail=10,
        )
        await write_plan(session, request)
        found = await session.execute(text("SELECT seq, after FROM change"))
        results = []
        for seq, after in found.all():
            if not self.unknown and not self.restocked:
                assert after["quantity"] != self.listing, "a line that changed nothing"
            self.listing = after["quantity"]
            results.append(ChangeResult(seq, Outcome.ACCEPTED))
        await record_results(session, ids.publication, ids.store, [], results)

    def teardown(self) -> None:
        self.check_drift()
        self.publish()
        assert self.listing == self.expected()
        self.check_drift()
        self.publish()
        assert self.listing == self.expected()

    def expected(self) -> int:
        sold = sum(units for at, units in self.sales if at > self.stated_at)
        return max(self.stated - sold, 0)
