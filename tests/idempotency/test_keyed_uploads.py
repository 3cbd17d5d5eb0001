"""Uploads with a key: their fingerprint is computed while they are streamed."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from app.settings import Settings
from tests.catalogs.test_upload_process import MB, body, client, make_store
from tests.idempotency.keyed import assert_repeated, code_of, count, key
from tests.support.serving import served
from tests.support.stack import ADMIN_KEY

CSV = {"Content-Type": "text/csv"}


async def test_a_repeated_upload_is_compared_without_keeping_it(settings: Settings):
    with served(settings) as (process, url):
        async with client(url) as api:
            path = await make_store(api)
            await api.post(path, content=body(2), headers=CSV | key())
            before = process.memory_info().rss
            given = CSV | key()
            first = await api.post(path, content=body(60), headers=given)
            repeat = await api.post(path, content=body(60), headers=given)
            grown = process.memory_info().rss - before

    assert first.json()["size_bytes"] > 59 * MB
    assert_repeated(repeat, first)
    assert count(settings, "catalog") == 2
    assert grown < 30 * MB


async def test_another_upload_is_refused_once_it_is_longer(
    api: httpx.AsyncClient, settings: Settings
):
    path, given = await make_store(api), CSV | key()
    await api.post(path, content=b"sku\nA\n", headers=given)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"sku\nA\n"

    other = await api.post(path, content=endless(), headers=given)

    assert code_of(other) == (422, "idempotency_key_reused")
    assert sent <= 3
    assert count(settings, "catalog") == 1


async def test_a_form_with_another_boundary_is_the_same_form(
    api: httpx.AsyncClient, settings: Settings
):
    path, given = await make_store(api), key()
    files = {"file": ("a.csv", b"sku\nA\n", "text/csv")}
    first = await api.post(path, files=files, headers=given)

    repeat = await api.post(path, files=files, headers=given)

    assert (
        first.request.headers["Content-Type"] != repeat.request.headers["Content-Type"]
    )
    assert_repeated(repeat, first)
    files["file"] = ("a.csv", b"sku\nB\n", "text/csv")
    other = await api.post(path, files=files, headers=given)
    assert code_of(other) == (422, "idempotency_key_reused")
    assert count(settings, "catalog") == 1


async def test_an_upload_that_was_refused_unread_leaves_its_key_free(
    api: httpx.AsyncClient, settings: Settings
):
    """The rest of a large body is not read only to repeat the refusal."""
    path, given = await make_store(api), key()

    async def large() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield bytes(MB)

    kind = {"Content-Type": "image/png"}
    refused = await api.post(path, content=large(), headers=given | kind)
    kept = count(settings, "idempotency_key")
    first = await api.post(path, content=b"sku\nA\n", headers=given | CSV)

    assert (refused.status_code, kept) == (415, 0)
    assert first.status_code == 202


async def test_the_options_of_an_upload_belong_to_it(
    api: httpx.AsyncClient, settings: Settings
):
    path, given = await make_store(api), CSV | key()
    await api.post(path, content=b"sku\nA\n", headers=given)

    partial = {"mode": "partial"}
    other = await api.post(path, content=b"sku\nA\n", headers=given, params=partial)

    assert code_of(other) == (422, "idempotency_key_reused")
    assert count(settings, "catalog") == 1


@pytest.mark.parametrize("kind", ["text/csv", "application/json"])
async def test_a_body_that_ends_early_leaves_its_key_free(
    settings: Settings, kind: str
):
    """The first refusal is for what arrived, not for what the client meant."""
    with served(settings) as (_, url):
        async with client(url) as api:
            path = await make_store(api) if kind == "text/csv" else "/v1/stores"
            given = {"Content-Type": kind} | key()
            await cut_off(url, path, given)
            whole = b'{"name": "A", "country": "FR"}'
            while True:
                answer = await api.post(path, content=whole, headers=given)
                if answer.status_code != 409:  # the first one has not ended
                    break

    assert answer.is_success
    assert "Idempotent-Replayed" not in answer.headers


async def cut_off(url: str, path: str, headers: dict[str, str]) -> None:
    """Send part of a body, and close the connection."""
    given = {"Host": "a", "Content-Length": "30", **headers}
    given["Authorization"] = f"Bearer {ADMIN_KEY}"
    lines = [f"POST {path} HTTP/1.1", *(f"{n}: {v}" for n, v in given.items())]
    address = httpx.URL(url)
    _, writer = await asyncio.open_connection(address.host, address.port)
    writer.write("\r\n".join([*lines, "", '{"name": ']).encode())
    await writer.drain()
    writer.close()
    await writer.wait_closed()
