"""Sibling stores that leave at the same moment do not block each other."""

import asyncio
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.publications.watching import eventually
from tests.support.shop import Shop, open_shop
from tests.support.stack import open_worker, query

ROUNDS = 8


@pytest.fixture
async def pair(api: httpx.AsyncClient, sandbox_url: str) -> tuple[Shop, Shop]:
    """Two stores of one account; no worker runs."""
    french = await open_shop(api, sandbox_url)
    german = await open_shop(api, sandbox_url, country="DE", token=french.token)
    return french, german


async def at_once(pair: tuple[Shop, Shop], method: str, path: str = "") -> list[int]:
    """The same request for both stores at one moment; the status of each."""
    answers = await asyncio.gather(
        *(
            each.api.request(method, f"/v1/stores/{each.store_id}{path}")
            for each in pair
        )
    )
    return [each.status_code for each in answers]


async def test_two_stores_of_an_account_are_deactivated_at_once(
    pair: tuple[Shop, Shop], settings: Settings
):
    """Each one holds its own row when it makes the other one due."""
    assert settings.database_url
    url = settings.database_url.get_secret_value()

    for _ in range(ROUNDS):
        await asyncio.to_thread(
            query, url, "UPDATE store SET active = true, departed_with = NULL"
        )

        statuses = await at_once(pair, "DELETE", "/activation?offers=leave")

        assert statuses == [200, 200]


async def test_stores_that_wait_for_each_other_do_not_block_the_policy(
    pair: tuple[Shop, Shop], settings: Settings
):
    """The policy of the account makes its stores due while one of them leaves."""
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    api = pair[0].api
    account = (await api.get("/v1/seller-accounts")).json()["items"][0]["id"]
    policies = ("max", "min")

    for number in range(ROUNDS):
        await asyncio.to_thread(
            query, url, "UPDATE store SET active = true, departed_with = NULL"
        )
        changed, left = await asyncio.gather(
            api.patch(
                f"/v1/seller-accounts/{account}",
                json={"shared_quantity": policies[number % 2]},
            ),
            at_once(pair, "DELETE", "/activation?offers=leave"),
        )

        assert (changed.status_code, left) == (200, [200, 200])


async def test_the_last_two_stores_deleted_at_once_take_the_account_with_them(
    pair: tuple[Shop, Shop], settings: Settings
):
    assert await at_once(pair, "DELETE", "?offers=leave") == [202, 202]

    async with open_worker(settings):
        await eventually(lambda: stores_are_gone(pair[0]))

    answer = await pair[0].api.get("/v1/seller-accounts")
    assert answer.json()["items"] == []


async def stores_are_gone(shop: Shop) -> bool:
    answer: Any = await shop.api.get("/v1/stores")
    return bool(answer.json()["items"] == [])
