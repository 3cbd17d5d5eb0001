"""The order desk of a shop: buyers at the sandbox, fetching and acting over HTTP."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.job_ends import looks
from tests.support.shop import Shop

SYNCED = ("done", "failed")
ENDS = ("done", "reconciled", "refused", "failed")
STOCK = [
    {"sku": sku, "quantity": 500, "markets": {"FR": {"price": "100.00"}}}
    for sku in ("A1", "B2", "C3")
]
PARCEL = {"tracking_number": "XY 123 456 FR", "shipper": "Colissimo"}


@dataclass(slots=True)
class Desk:
    """Orders of one shop, seen from both sides."""

    shop: Shop

    @property
    def api(self) -> httpx.AsyncClient:
        return self.shop.api

    async def stock(self) -> None:
        await self.shop.sandbox(
            "POST",
            f"/accounts/{self.shop.account}/listings",
            json={"listings": STOCK},
        )

    async def buy(self, *skus: str, **more: Any) -> dict[str, Any]:
        """Buy one of each; returns the order as the sandbox has it."""
        lines = more.pop("lines", [{"sku": sku, "quantity": 1} for sku in skus])
        body = {"country": "FR", "lines": lines, **more}
        path = f"/accounts/{self.shop.account}/orders"
        return dict(await self.shop.sandbox("POST", path, json=body))

    async def seed(self, count: int, **more: Any) -> dict[str, Any]:
        path = f"/accounts/{self.shop.account}/orders"
        body = {"count": count, **more}
        return dict(await self.shop.sandbox("POST", path, json=body))

    async def edit(self, number: int, **fields: Any) -> None:
        await self.shop.sandbox("PATCH", f"/orders/{number}", json=fields)

    async def ask_sync(self) -> httpx.Response:
        return await self.api.post(f"/v1/stores/{self.shop.store_id}/orders/sync")

    async def sync(self) -> dict[str, Any]:
        """Fetch now and wait until it is over."""
        answer = await self.ask_sync()
        assert answer.status_code == 202, answer.text
        return await self.shop.wait_for(answer.headers["Location"], SYNCED)

    async def listed(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.api.get("/v1/orders", params={"limit": 1000, **query})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["items"])

    async def numbers(self, **query: Any) -> list[int]:
        return [order["marketplace_id"] for order in await self.listed(**query)]

    async def order(self, number: int) -> dict[str, Any]:
        """The detail of the order with Back Market's number."""
        found = [o for o in await self.listed() if o["marketplace_id"] == number]
        answer = await self.api.get(f"/v1/orders/{found[0]['id']}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def new_order(self, *skus: str, **more: Any) -> dict[str, Any]:
        """An order that was bought and fetched."""
        bought = await self.buy(*(skus or ("A1",)), **more)
        await self.sync()
        return await self.order(bought["order_id"])

    async def ask(
        self,
        order: Mapping[str, Any],
        action: str,
        body: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> httpx.Response:
        return await self.api.post(
            f"/v1/orders/{order['id']}/{action}", json=body or {}, headers=headers
        )

    async def act(
        self, order: Mapping[str, Any], action: str, **body: Any
    ) -> dict[str, Any]:
        """Ask for an action and wait for its end."""
        answer = await self.ask(order, action, body)
        assert answer.status_code == 202, answer.text
        return await self.shop.wait_for(answer.headers["Location"], ENDS)

    async def deeds(
        self, order: Mapping[str, Any]
    ) -> list[tuple[int, tuple[int, ...]]]:
        """Every move that took effect at the sandbox: new state and lines."""
        answer = await self.shop.sandbox(
            "GET", "/order-actions", params={"order": str(order["marketplace_id"])}
        )
        return [(d["new_state"], tuple(d["lines"])) for d in answer["actions"]]

    async def count_requests(self, path: str, method: str = "GET") -> int:
        """Put a counter on requests of this account; returns its number."""
        answer = await self.shop.sandbox(
            "POST",
            "/faults",
            json={
                "kind": "slow_answer",
                "seconds": 0,
                "path": path,
                "method": method,
                "account": self.shop.account,
            },
        )
        return int(answer["id"])

    async def counted(self, counter: int) -> int:
        answer = await self.shop.sandbox("GET", "/faults")
        rules = answer["faults"] if isinstance(answer, dict) else answer
        return int(next(rule["strikes"] for rule in rules if rule["id"] == counter))


def states(order: Mapping[str, Any]) -> list[str]:
    return [line["state"] for line in order["lines"]]


def line_ids(order: Mapping[str, Any]) -> list[int]:
    return [line["id"] for line in order["lines"]]


def names(order: Mapping[str, Any]) -> list[str]:
    return [allowed["action"] for allowed in order["allowed_actions"]]


async def until(ask: Any, wanted: Sequence[Any], seconds: float = 60) -> Any:
    """Ask until the answer is one of these."""
    end = time.monotonic() + seconds
    with looks() as look:
        while (answer := await ask()) not in wanted:
            assert time.monotonic() < end, answer
            await look.next()
    return answer
