"""Looks at a store's category tree from outside, and at who asked for it."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from tests.support.job_ends import looks
from tests.support.shop import Shop

TREE_CALL = "/ws/category/tree"


async def eventually(found: Callable[[], Awaitable[Any]]) -> Any:
    """Ask until the answer is not empty."""
    end = time.monotonic() + 60
    with looks() as look:
        while not (answer := await found()):
            assert time.monotonic() < end, "it did not happen in time"
            await look.next()
    return answer


async def tree(api: httpx.AsyncClient, store_id: str, **query: str) -> dict[str, Any]:
    answer = await api.get(
        "/v1/channel/categories", params={"store_id": store_id, **query}
    )
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def in_state(shop: Shop, **wanted: object) -> dict[str, Any]:
    """Ask for the tree until it is so: `fetched`, `stale`, `error` (its code).

    A set means any of these, `other_than(x)` anything else.
    """
    end = time.monotonic() + 60
    with looks() as look:
        while True:
            found = await tree(shop.api, shop.store_id, limit="1000")
            facts = found["snapshot"]
            seen = {
                "fetched": facts["state"] == "fetched",
                "stale": facts["stale"],
                "error": (facts["error"] or {}).get("code"),
                "fetched_at": facts["fetched_at"],
            }
            if all(_fits(seen[name], value) for name, value in wanted.items()):
                return found
            assert time.monotonic() < end, facts
            await look.next()


def _fits(seen: object, wanted: object) -> bool:
    match wanted:
        case frozenset():
            return seen in wanted
        case ("not", unwanted):
            return seen != unwanted
        case _:
            return seen == wanted


def other_than(value: object) -> tuple[str, object]:
    """For `in_state`: anything but this."""
    return ("not", value)


async def tree_calls(shop: Shop) -> list[dict[str, Any]]:
    """The requests for a tree that this account made at the sandbox."""
    answer = await shop.sandbox("GET", "/requests")
    return [
        visit
        for visit in answer["requests"]
        if visit["path"] == TREE_CALL and visit["account"] == shop.account
    ]
