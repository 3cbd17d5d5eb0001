"""Of requests with the same key at the same time one has an effect."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.idempotency.keyed import (
    STORE,
    assert_repeated,
    code_of,
    count,
    key,
    make_store,
    rows,
)
from tests.support.stack import open_api

TWINS = 50
CSV = {"Content-Type": "text/csv"}


@dataclass(slots=True)
class PausedUpload:
    """An upload that stops before its last byte until it may go on."""

    api: httpx.AsyncClient
    path: str
    headers: dict[str, str]
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def chunks(self) -> AsyncIterator[bytes]:
        yield b"sku;price\nA;1"
        self.arrived.set()
        await self.go_on.wait()
        yield b"\n"

    async def begin(self) -> asyncio.Task[httpx.Response]:
        sent = self.api.post(self.path, content=self.chunks(), headers=self.headers)
        task = asyncio.create_task(sent)
        await self.arrived.wait()
        return task


@pytest.mark.parametrize(
    ("path", "body", "table"),
    [
        ("/v1/stores", STORE, "store"),
        ("/v1/api-keys", {"name": "k"}, "api_key"),
        ("/v1/stores/{store}/hook-secret", None, "hook_secret"),
        ("/v1/stores/{store}/catalogs", "sku;price\nA;1\n", "catalog"),
    ],
    ids=["stores", "api-keys", "hook-secret", "catalogs"],
)
async def test_fifty_twins_have_one_effect(
    api: httpx.AsyncClient, settings: Settings, path: str, body: Any, table: str
):
    """At two API processes: each has its own pool of connections."""
    given = key() | (CSV if table == "catalog" else {})
    sent = {"content": body} if table == "catalog" else {"json": body}
    if "{store}" in path:
        path = path.format(store=await make_store(api))
    before = count(settings, table)
    async with open_api(settings) as second:
        answers = await asyncio.gather(
            *(
                (api, second)[n % 2].post(path, headers=given, **sent)
                for n in range(TWINS)
            )
        )

    assert count(settings, table) == before + 1
    done = [answer for answer in answers if answer.is_success]
    assert len({answer.content for answer in done}) == 1
    first = [answer for answer in done if "Idempotent-Replayed" not in answer.headers]
    assert len(first) == 1
    refused = {code_of(answer) for answer in answers if not answer.is_success}
    assert refused <= {(409, "idempotency_key_in_use")}
    assert_repeated(await api.post(path, headers=given, **sent), first[0])


async def test_a_twin_of_a_running_request_is_a_conflict(
    api: httpx.AsyncClient, settings: Settings
):
    path = f"/v1/stores/{await make_store(api)}/catalogs"
    upload = PausedUpload(api, path, CSV | key())
    first = await upload.begin()

    twin = await api.post(path, content=b"sku;price\nA;1\n", headers=upload.headers)

    assert code_of(twin) == (409, "idempotency_key_in_use")
    assert 1 <= int(twin.headers["Retry-After"]) <= 5
    upload.go_on.set()
    done = await first
    assert done.status_code == 202
    repeat = await api.post(path, content=b"sku;price\nA;1\n", headers=upload.headers)
    assert_repeated(repeat, done)
    assert count(settings, "catalog") == 1


async def test_an_execution_that_lost_its_key_has_no_effect(
    api: httpx.AsyncClient, settings: Settings
):
    """Its process was frozen for longer than the lease."""
    path = f"/v1/stores/{await make_store(api)}/catalogs"
    upload = PausedUpload(api, path, CSV | key())
    frozen = await upload.begin()
    while True:
        rows(settings, "UPDATE idempotency_key SET lease_until = now()")
        second = await api.post(path, content=b"sku\nA\n", headers=upload.headers)
        if second.status_code != 409:  # the first may have renewed its lease
            break

    upload.go_on.set()

    assert second.status_code == 202
    assert code_of(await frozen) == (409, "idempotency_key_in_use")
    assert count(settings, "catalog") == 1
    repeat = await api.post(path, content=b"sku\nA\n", headers=upload.headers)
    assert_repeated(repeat, second)


async def test_a_long_request_keeps_its_key(api: httpx.AsyncClient, settings: Settings):
    path = f"/v1/stores/{await make_store(api)}/catalogs"
    upload = PausedUpload(api, path, CSV | key())
    first = await upload.begin()
    lease = "SELECT lease_until FROM idempotency_key"
    before = rows(settings, lease)
    while rows(settings, lease) == before:
        twin = await api.post(path, content=b"sku\n", headers=upload.headers)
        assert twin.status_code == 409
    upload.go_on.set()

    assert (await first).status_code == 202


async def test_no_transaction_is_open_while_a_body_arrives(api: httpx.AsyncClient):
    """The route reads no body, but the body belongs to the fingerprint."""
    store = f"/v1/stores/{await make_store(api)}"
    slow = PausedUpload(api, f"{store}/hook-secret", key())
    first = await slow.begin()

    renamed = await asyncio.wait_for(api.patch(store, json={"name": "B"}), 20)

    slow.go_on.set()
    assert renamed.status_code == 200
    assert (await first).status_code == 201
