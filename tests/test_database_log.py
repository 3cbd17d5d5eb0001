"""PostgreSQL logs no error in normal operation, however many ask at once."""

import asyncio
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest

from app.embedded.servers import EmbeddedServers
from app.settings import Settings
from tests.support.shop import Shop, fresh_token, open_shop, row
from tests.support.stack import open_worker

AT_ONCE = 8


@pytest.fixture
def logged(servers: EmbeddedServers) -> Iterator[Path]:
    """PostgreSQL's log; only lines that are written from now on count."""
    log = servers.layout.logs / "postgres.log"
    before = log.stat().st_size
    yield log
    with log.open() as lines:
        lines.seek(before)
        errors = [line for line in lines if "ERROR:" in line]
    assert errors == []


async def served_at_last(shop: Shop, path: str) -> httpx.Response:
    """The answer; on a busy machine PostgreSQL may be silent for two seconds (503)."""
    while True:
        answer = await shop.api.post(path, json={})
        if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            return answer


async def test_stores_with_the_same_new_token_at_once(shop: Shop, logged: Path):
    token = fresh_token()
    made = [
        await shop.api.post("/v1/stores", json={"name": f"s{n}", "country": country})
        for n, country in enumerate(["FR", "DE", "ES", "IT", "BE", "NL", "PT", "AT"])
    ]

    answers = await asyncio.gather(
        *(
            shop.api.put(
                f"/v1/stores/{each.json()['id']}/settings",
                json={"token": token, "environment": "sandbox"},
            )
            for each in made
        )
    )

    assert {answer.status_code for answer in answers} == {200}
    accounts = (await shop.api.get("/v1/seller-accounts")).json()["items"]
    assert len(accounts) == 2


async def test_the_same_requests_at_once(shop: Shop, settings: Settings, logged: Path):
    await shop.upload([row("A"), row("B")])
    path = f"/v1/stores/{shop.store_id}"
    async with open_worker(settings), open_worker(settings):
        answers = await asyncio.gather(
            *(
                served_at_last(shop, f"{path}/{part}")
                for part in ("publications", "orders/sync", "drift-checks")
                for _ in range(AT_ONCE)
            )
        )
        assert {answer.status_code for answer in answers} == {202}
        for _ in range(3):
            await shop.publish()


async def test_stores_of_an_account_publish_at_once(
    shop: Shop, settings: Settings, logged: Path
):
    siblings = [
        await open_shop(shop.api, shop.sandbox_url, token=shop.token, country=country)
        for country in ("DE", "ES")
    ]
    stores = [shop, *siblings]
    for store in stores:
        await store.upload([row("A"), row("B")])

    async with open_worker(settings), open_worker(settings):
        await asyncio.gather(*(store.publish() for store in stores))
