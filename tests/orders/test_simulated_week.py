"""Whatever happens to orders at Back Market, the copy ends equal to them."""

import asyncio
import json
from collections import defaultdict
from random import Random
from typing import Any

import pytest

from app.settings import Settings
from tests.orders.desk import Desk
from tests.support.shop import control
from tests.support.stack import execute_all, query

STEPS = 24
SKUS = ("A1", "B2", "C3")
FAULTS = (
    "bad_gateway",
    "unavailable",
    "throttled_json",
    "dropped_before",
    "lost_answer",
    "bad_gateway_after",
    "relative_links",
    "order_moves",
    "order_leaves",
    "order_arrives",
)
NO_PAUSE = (
    "UPDATE seller_account SET paused_until = NULL",
    "UPDATE job SET run_after = now() WHERE state = 'queued' AND run_after > now()",
)
LONG_UNSEEN = "UPDATE sales_order SET read_at = read_at - interval '1 day'"
EVENTS = "SELECT body FROM event WHERE type LIKE 'order.%%' ORDER BY position"
HIDDEN = {0, 8}
"""States that the list of orders does not show: payment is checked, or failed."""


class Week:
    """One seller account: what happens at the sandbox, and what is fetched."""

    def __init__(self, desk: Desk, url: str, seed: int) -> None:
        self.desk, self.url, self.random = desk, url, Random(seed)  # noqa: S311
        self.numbers: list[int] = []

    async def happen(self) -> None:
        """One thing that buyers, Back Market, the merchant or the network do."""
        things = [self.buy, self.buy, self.fail, self.fetch]
        if self.numbers:
            things += [self.pay, self.cancel, self.accept, self.ship]
        await self.random.choice(things)()

    async def buy(self) -> None:
        skus = self.random.sample(SKUS, self.random.randint(1, 2))
        state = self.random.choice([1, 1, 0, 10])
        bought = await self.desk.buy(*skus, state=state)
        self.numbers.append(bought["order_id"])

    async def pay(self) -> None:
        failed = self.random.random() < 0.4
        await self.try_to("POST", "pay", {"failed": failed, "restock": failed})

    async def cancel(self) -> None:
        skus = [self.random.choice(SKUS)] if self.random.random() < 0.5 else None
        await self.try_to("POST", "cancel", {"skus": skus, "restock": True})

    async def accept(self) -> None:
        await self.move(before=1, after=2)

    async def ship(self) -> None:
        await self.move(before=2, after=3)

    async def move(self, *, before: int, after: int) -> None:
        """The merchant does it in Back Market's own pages."""
        number = self.random.choice(self.numbers)
        order = await self.desk.shop.sandbox("GET", f"/orders/{number}")
        ready = [line for line in order["orderlines"] if line["state"] == before]
        lines = [{"id": line["id"], "state": after} for line in ready]
        if lines:
            await self.desk.edit(number, orderlines=lines)

    async def try_to(self, method: str, action: str, body: dict[str, Any]) -> None:
        """An order in another state refuses it."""
        path = f"/_sandbox/orders/{self.random.choice(self.numbers)}/{action}"
        async with control(self.desk.shop.sandbox_url) as client:
            answer = await client.request(method, path, json=body)
        assert answer.status_code in {200, 409}, answer.text

    async def fail(self) -> None:
        kind, count = self.random.choice(FAULTS), self.random.randint(1, 2)
        await self.desk.shop.fault(kind, path="/ws/orders*", count=count)

    async def fetch(self) -> None:
        """Fetch now; no pause is waited for."""
        answer = await self.desk.ask_sync()
        assert answer.status_code == 202, answer.text
        while True:
            sync = await self.desk.shop.wait_for(
                answer.headers["Location"], ("waiting", "done", "failed")
            )
            if sync["state"] != "waiting":
                return
            await asyncio.to_thread(execute_all, self.url, *NO_PAUSE)

    async def be_quiet(self) -> None:
        """Without faults; orders that the list hides are read singly."""
        await self.desk.shop.clear_faults()
        await self.fetch()
        await asyncio.to_thread(execute_all, self.url, LONG_UNSEEN)
        await self.fetch()

    async def there(self) -> dict[int, Any]:
        """The orders of the sandbox by number: state, and states of lines."""
        account = {"account": self.desk.shop.account, "limit": "1000"}
        found = await self.desk.shop.sandbox("GET", "/orders", params=account)
        return {
            order["order_id"]: (
                order["state"],
                sorted((line["id"], line["state"]) for line in order["orderlines"]),
            )
            for order in found["orders"]
        }

    async def here(self) -> dict[int, Any]:
        orders = [await self.desk.order(number) for number in await self.desk.numbers()]
        return {
            order["marketplace_id"]: (
                order["state_code"],
                sorted((line["id"], line["state_code"]) for line in order["lines"]),
            )
            for order in orders
        }

    def events(self) -> dict[int, list[tuple[str, int | None]]]:
        """The events of each order: type and version."""
        found: dict[int, list[tuple[str, int | None]]] = defaultdict(list)
        for (body,) in query(self.url, EVENTS):
            event = json.loads(body)
            data = event["data"]
            found[data["marketplace_id"]].append((event["type"], data.get("version")))
        return dict(found)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10))
async def test_after_a_week_of_anything_the_copy_is_equal_with_an_event_per_change(
    desk: Desk, settings: Settings, seed: int
):
    assert settings.database_url
    week = Week(desk, settings.database_url.get_secret_value(), seed)
    for _ in range(STEPS):
        await week.happen()
    await week.be_quiet()
    there, here, events = await week.there(), await week.here(), week.events()

    shown = {number for number, (state, _) in there.items() if state not in HIDDEN}
    assert shown <= set(here)
    assert here == {number: there[number] for number in here}
    assert events == {
        number: [
            ("order.created" if version == 1 else "order.updated", version)
            for version in range(1, 1 + (await desk.order(number))["version"])
        ]
        for number in here
    }

    await week.fetch()
    assert week.events() == events
