"""Stores, their buyers and Back Market as one number, on real tables and statements.

Statements, plans, results, orders and drift checks go through the service's functions;
only Back Market is replaced, by the quantity of one listing. Two stores of one account
share it by the policy `min`.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, rule
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.service import database_now
from app.backmarket.wire.listings import Listing
from app.backmarket.wire.orders import Order, OrderLine
from app.catalogs import quick_updates
from app.core.columns import new_id, utc_now
from app.core.vault import Vault
from app.offers.comparison import ListingComparison, add_seen, columns_of, open_tables
from app.offers.locks import lock_offers
from app.offers.sales import correct_live, listings_to_read, restate
from app.orders.sync.upsert import store_orders
from app.publications.enums import Outcome
from app.publications.planning.plan import write_plan
from app.publications.planning.request import PlanRequest
from app.publications.results.compare import compare
from app.publications.results.record import ChangeResult, record_results

START = 5
VAULT = Vault([SecretStr("of-this-test-0123456789abcdefghij")])
TABLES = (
    "offer",
    "offer_check",
    "sold_listing",
    "quick_update",
    "sales_order",
    "change",
)
CATALOG = (
    "INSERT INTO catalog (id, store_id, mode, state, media_type, size_bytes, sha256, "
    "storage_key, stated, detected, columns, source_categories, counts, "
    "problem_counts, created_at) VALUES (:id, :store, 'full', 'ready', '', 0, '', '', "
    "'{}', '{}', '[]', '{}', '{}', '{}', :at)"
)

OFFER = (
    "INSERT INTO offer (store_id, sku_key, sku, desired_state, fingerprint, ean, "
    "grade, price, quantity, listed, live_price, live_quantity, live_grade, live_at, "
    "live_quantity_at, listing_id) VALUES (:store, 'a', 'A', 'active', 1, "
    "'4006381333931', 'GOOD', 100, :q, true, 100, :q, 'GOOD', now(), now(), '7001')"
)
STATE_AGAIN = (
    "UPDATE offer SET quantity = :q, fingerprint = fingerprint + 1 "
    "WHERE store_id = :store"
)


@dataclass(frozen=True, slots=True)
class Ids:
    """The rows that every example shares."""

    account: UUID
    stores: tuple[UUID, ...]
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
    number = st.integers(0, 1)
    """Which store acts; both numbers mean the same one if there is one store."""

    def __init__(self) -> None:
        super().__init__()
        self.listing = START
        self.stated: dict[UUID, tuple[int, datetime]] = {}
        """What each store stated last, and when."""
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
        for table in TABLES:
            await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - ours
        for store in self.ids.stores:
            await self._catalog(session, store, START)
            await session.execute(text(OFFER), {"store": store, "q": START})

    async def _catalog(self, session: AsyncSession, store: UUID, quantity: int) -> None:
        self.stated[store] = quantity, utc_now()
        values = {"id": new_id(), "store": store, "at": self.stated[store][1]}
        await session.execute(text(CATALOG), values)
        current = "UPDATE store SET current_catalog_id = :id WHERE id = :store"
        await session.execute(text(current), values)

    def _store(self, number: int) -> tuple[UUID, list[UUID]]:
        """The store with this number, and its siblings."""
        stores = self.ids.stores
        store = stores[number % len(stores)]
        return store, [each for each in stores if each != store]

    @rule(number=number, quantity=st.integers(0, 6))
    def catalog(self, number: int, quantity: int) -> None:
        store, _ = self._store(number)
        values = {"store": store, "q": quantity}

        async def step(session: AsyncSession) -> None:
            await lock_offers(session, [store])
            older = "DELETE FROM quick_update WHERE store_id = :store"
            await session.execute(text(older), values)
            await self._catalog(session, store, quantity)
            await session.execute(text(STATE_AGAIN), values)
            await restate(session, store)

        self.run(step)

    @rule(number=number, quantity=st.integers(0, 6))
    def quick_update(self, number: int, quantity: int) -> None:
        store, _ = self._store(number)

        async def step(session: AsyncSession) -> None:
            item = quick_updates.UpdateItem("A", str(quantity), None)
            checked = quick_updates.check([item], "EUR")
            self.stated[store] = quantity, utc_now()
            (result,) = await quick_updates.apply(
                session, store, checked, self.stated[store][1], "EUR"
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
        """An order sync reads the listings of which a sale left the quantity open."""
        account = self.ids.account

        async def store(session: AsyncSession) -> None:
            await store_orders(session, VAULT, account, self.unknown)

        async def read(session: AsyncSession) -> None:
            read_at = await database_now(session)
            listings = await listings_to_read(session, account, 10)
            shown: dict[str, int | None] = {e.sku_key: self.listing for e in listings}
            await correct_live(session, account, shown, read_at)

        self.run(store)
        self.run(read)
        self.unknown = []

    @rule(number=number)
    def check_drift(self, number: int) -> None:
        """A drift check fetches orders first where they may explain a difference."""
        store, siblings = self._store(number)
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
                store_id=store,
                siblings=siblings,
                since=utc_now() + timedelta(microseconds=1),
                orders_known=True,
                adopt=True,
            )
            await compare(session, self.ids.account, comparison, [])

        self.run(step)
        self.restocked = False

    @rule(number=number)
    def publish(self, number: int) -> None:
        store, siblings = self._store(number)

        async def step(session: AsyncSession) -> None:
            await self._publish(session, store, siblings)

        self.run(step)

    async def _publish(
        self, session: AsyncSession, store: UUID, siblings: list[UUID]
    ) -> None:
        await session.execute(text("DELETE FROM change"))
        ids = self.ids
        request = PlanRequest(
            publication_id=ids.publication,
            account_id=ids.account,
            store_id=store,
            siblings=siblings,
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
        await record_results(session, ids.publication, store, siblings, results)

    def teardown(self) -> None:
        for _ in range(2):
            for number in range(len(self.ids.stores)):
                self.check_drift(number)
            for number in range(len(self.ids.stores)):
                self.publish(number)
            assert self.listing == self.expected()

    def expected(self) -> int:
        """The smallest of what the stores state, each minus the sales after it."""
        return min(self._left(*stated) for stated in self.stated.values())

    def _left(self, quantity: int, stated_at: datetime) -> int:
        sold = sum(units for at, units in self.sales if at > stated_at)
        return max(quantity - sold, 0)
