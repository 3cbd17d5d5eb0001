"""Observes a store from outside: account, runs, and what was sent."""

import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from tests.support.job_ends import looks
from tests.support.patience import PATIENCE
from tests.support.shop import Shop

OVER = ("finished", "failed", "cancelled")


async def eventually(
    found: Callable[[], Awaitable[Any]],
    between: Callable[[], Awaitable[None]] | None = None,
    seconds: float = PATIENCE,
) -> Any:
    """Ask until the answer is not empty; do something between two questions."""
    end = time.monotonic() + seconds
    with looks() as look:
        while not (answer := await found()):
            assert time.monotonic() < end, "it did not happen in time"
            if between:
                await between()
            await look.next()
    return answer


async def run_of(shop: Shop, publication: Mapping[str, Any]) -> dict[str, Any]:
    answer = await shop.api.get(f"/v1/publications/{publication['id']}")
    return dict(answer.json())


async def over(
    shop: Shop,
    publication: Mapping[str, Any],
    between: Callable[[], Awaitable[None]] | None = None,
) -> dict[str, Any]:
    """The run once it has ended."""

    async def ended() -> dict[str, Any] | None:
        run = await run_of(shop, publication)
        return run if run["state"] in OVER else None

    return dict(await eventually(ended, between))


async def in_state(shop: Shop, publication: Mapping[str, Any], state: str) -> Any:
    return await shop.wait_for(f"/v1/publications/{publication['id']}", (state,))


async def calls_sent(shop: Shop, publication: Mapping[str, Any]) -> list[Any]:
    """The run's calls whose task Back Market is working on."""
    answer = await shop.api.get(f"/v1/publications/{publication['id']}/submissions")
    return [call for call in answer.json()["items"] if call["state"] == "sent"]


async def runs(shop: Shop) -> list[dict[str, Any]]:
    """All runs of the store, the oldest first."""
    answer = await shop.api.get("/v1/publications", params={"store_id": shop.store_id})
    return list(reversed(answer.json()["items"]))


async def all_over(
    shop: Shop,
    number: int,
    between: Callable[[], Awaitable[None]] | None = None,
) -> list[dict[str, Any]]:
    """The store's runs once there are so many and each has ended."""

    async def ended() -> list[dict[str, Any]]:
        found = await runs(shop)
        done = len(found) >= number and all(r["state"] in OVER for r in found)
        return found if done else []

    return list(await eventually(ended, between))


async def account(shop: Shop) -> dict[str, Any]:
    """The one seller account of this database."""
    answer = await shop.api.get("/v1/seller-accounts")
    return dict(answer.json()["items"][0])


async def light(shop: Shop, name: str) -> dict[str, Any]:
    answer = await shop.api.get(f"/v1/stores/{shop.store_id}/lights")
    return dict(answer.json()[name])


def outcomes(changes: list[Any]) -> dict[str, tuple[str, str | None]]:
    return {c["sku"]: (c["outcome"], c["code"]) for c in changes}


async def times_sent(shop: Shop, after: int = 0) -> Counter[str]:
    """How many lines of each SKU arrived at the sandbox since then."""
    return Counter(e["sku"] for e in await shop.ledger(after=str(after)))


async def last_line(shop: Shop) -> int:
    """The number of the newest line that the sandbox knows."""
    answer = await shop.sandbox("GET", "/ledger", params={"limit": "1"})
    return int(answer["last_number"])


async def stock(shop: Shop) -> dict[str, int]:
    """The quantity of each listing of the account, whichever its country."""
    query = {"account": shop.account, "limit": "100000"}
    answer = await shop.sandbox("GET", "/listings", params=query)
    return {
        listing["sku"]: listing["quantity"]
        for listings in answer.get("accounts", {}).values()
        for listing in listings
    }
