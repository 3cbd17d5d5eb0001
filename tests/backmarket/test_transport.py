"""Network errors, limits, and headers of requests."""

import asyncio
import gzip
import json
import traceback
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from pydantic import SecretStr

from app.backmarket import protocol, transport
from app.backmarket.errors import (
    BackMarketError,
    BackMarketUnavailableError,
    Effect,
    NotUnderstoodError,
    TokenRefusedError,
)
from app.settings import load_settings

from .wire import ACCESS, ROWS, TOKEN, always, back_market, failing


@pytest.mark.parametrize(
    ("error", "effect"),
    [
        (httpx.ConnectError, Effect.NONE),
        (httpx.ConnectTimeout, Effect.NONE),
        (httpx.PoolTimeout, Effect.NONE),
        (httpx.WriteError, Effect.UNKNOWN),
        (httpx.WriteTimeout, Effect.UNKNOWN),
        (httpx.ReadError, Effect.UNKNOWN),
        (httpx.ReadTimeout, Effect.UNKNOWN),
        (httpx.RemoteProtocolError, Effect.UNKNOWN),
    ],
)
async def test_a_network_error_has_its_possible_effect(error, effect):
    async with back_market(failing(error)) as api:
        with pytest.raises(BackMarketUnavailableError) as write:
            await api.post_batch(ACCESS, ROWS)
        with pytest.raises(BackMarketUnavailableError) as read:
            await api.task(ACCESS, 1)

    assert write.value.effect is effect
    assert read.value.effect is Effect.NONE
    assert error.__name__ in write.value.message


async def test_redirects_are_not_followed_and_the_token_is_not_forwarded():
    visited: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        visited.append(request.url.host)
        return httpx.Response(302, headers={"location": "https://evil.example/"})

    async with back_market(answer) as api:
        with pytest.raises(
            BackMarketUnavailableError, match="302; redirects are not followed"
        ):
            await api.check(ACCESS)

    assert visited == ["www.backmarket.fr"]


async def test_cookies_are_not_shared_between_accounts():
    cookies: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        cookies.append(request.headers.get("cookie"))
        return httpx.Response(
            200, json={"results": []}, headers={"set-cookie": "who=first; Path=/"}
        )

    async with back_market(answer) as api:
        await api.check(ACCESS)
        await api.check(ACCESS)

    assert cookies == [None, None]


async def test_proxies_of_the_environment_are_ignored(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    async with transport.open_http(load_settings()) as http:
        assert not http.trust_env
        assert not http.follow_redirects
        assert None not in http.timeout.as_dict().values()


@pytest.mark.parametrize(
    "answer",
    [
        always(401, {"error": {"message": f"Basic {TOKEN} is unknown"}}),
        always(400, f"token {TOKEN}"),
        always(200, {"action_status": 8, "last_action_error": TOKEN}),
        lambda _: httpx.Response(500, text=f"BMT-secret-123 {TOKEN}"),
        failing(httpx.ReadTimeout),
    ],
    ids=["V1", "bare", "task", "text", "line"],
)
async def test_the_token_is_never_shown(answer):
    shown = repr(ACCESS)
    async with back_market(answer) as api:
        try:
            shown += repr(await api.task(ACCESS, 1))
        except BackMarketError as error:
            shown += "".join(traceback.format_exception(error)) + repr(error)

    assert TOKEN not in shown
    assert "BMT-secret" not in shown


@pytest.mark.parametrize("token", ["", "two words", "né", "a\nb"], ids=repr)
async def test_a_token_that_cannot_be_sent_is_refused_without_quoting_it(token):
    access = replace(ACCESS, token=SecretStr(token))

    async with back_market(always(200)) as api:
        with pytest.raises(TokenRefusedError, match="copy it again"):
            await api.check(access)


async def test_reading_stops_at_the_limit(monkeypatch):
    monkeypatch.setattr(transport, "LARGEST_ANSWER", 1000)
    monkeypatch.setattr(protocol, "LARGEST_ANSWER", 1000)
    produced = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal produced
        while True:
            produced += 1
            yield b"x" * 400

    async with back_market(lambda _: httpx.Response(200, content=endless())) as api:
        with pytest.raises(NotUnderstoodError, match="larger than 1000 bytes"):
            await api.check(ACCESS)

    assert produced < 6


async def test_a_slow_response_has_a_deadline(monkeypatch):
    monkeypatch.setattr(transport, "ANSWER_DEADLINE", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.01)
            yield b" "

    async with back_market(lambda _: httpx.Response(200, content=dripping())) as api:
        with pytest.raises(BackMarketUnavailableError) as caught:
            await api.post_batch(ACCESS, ROWS)

    assert caught.value.effect is Effect.UNKNOWN


async def test_a_refusal_stays_a_refusal_when_its_body_is_cut_off():
    async def cut() -> AsyncIterator[bytes]:
        yield b'{"error": {"mess'
        raise httpx.ReadError("gone")

    async with back_market(lambda _: httpx.Response(401, content=cut())) as api:
        with pytest.raises(TokenRefusedError):
            await api.check(ACCESS)


async def test_a_body_with_a_false_content_encoding_is_not_understood():
    def lie(_: httpx.Request) -> httpx.Response:
        async def body() -> AsyncIterator[bytes]:
            yield b"not gzip"

        return httpx.Response(200, content=body(), headers={"content-encoding": "gzip"})

    async with back_market(lie) as api:
        with pytest.raises(NotUnderstoodError, match="decompressed"):
            await api.post_batch(ACCESS, ROWS)


async def test_a_large_compressed_report_is_parsed_in_a_thread():
    success = {f"S{n}": {"listing_id": n} for n in range(15_000)}
    report = {"action_status": 9, "result": {"product_success": success}}

    def answer(_: httpx.Request) -> httpx.Response:
        packed = gzip.compress(json.dumps(report).encode(), 1)
        return httpx.Response(200, content=packed, headers={"content-encoding": "gzip"})

    async with back_market(answer) as api:
        read = await api.task(ACCESS, 1)

    assert len(read.accepted) == 15_000
