"""Requests of the client, and how it reads responses."""

import json
from dataclasses import replace

import httpx
import pytest

from app.backmarket.errors import (
    BackMarketNotFoundError,
    BackMarketUnavailableError,
    Effect,
    NotConfiguredError,
    NotUnderstoodError,
    PermissionRefusedError,
    RequestRefusedError,
    TokenRefusedError,
)
from app.backmarket.markets import Environment, Platform
from app.backmarket.wire.listings import Listing, ListingPage
from app.backmarket.wire.tasks import TaskStatus

from .wire import ACCESS, ROWS, TOKEN, always, back_market, failing

UUID = "0b7c5d1e-6f0a-4f7d-9a55-2f4f9e1c7a10"


async def test_a_request_has_user_agent_and_market():
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"statuscode": 200, "bodymessage": 7})

    async with back_market(answer) as api:
        assert await api.post_batch(ACCESS, ROWS) == 7

    (request,) = sent
    assert request.method == "POST"
    assert str(request.url) == "https://www.backmarket.fr/ws/listings"
    assert request.headers["Authorization"] == f"Basic {TOKEN}"
    assert request.headers["Accept-Language"] == "en-gb"
    assert request.headers["User-Agent"] == "BM-acme-refeed;it@acme.example"
    assert request.headers["Accept"] == "application/json"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.content)["catalog"] == '"sku";"quantity"\n"A";"1"'


async def test_a_page_request_has_a_hyphen_and_at_most_fifty_items():
    sent: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(str(request.url.query, "ascii"))
        return httpx.Response(200, json={"results": [{"sku": "A"}], "next": "x"})

    async with back_market(answer) as api:
        page = await api.listings(ACCESS, 2, 500, {"publication_state": 2})

    assert sent == ["publication_state=2&page=2&page-size=50"]
    assert page == ListingPage((Listing(sku="A"),), has_next=True)


@pytest.mark.parametrize(
    ("status", "error"), [(404, BackMarketNotFoundError), (400, RequestRefusedError)]
)
async def test_a_refusal_past_the_first_page_is_an_empty_page(status, error):
    async with back_market(always(status)) as api:
        assert await api.listings(ACCESS, 9) == ListingPage()
        with pytest.raises(error):
            await api.listings(ACCESS, 1)


async def test_a_task_is_polled_by_its_number():
    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/ws/tasks/1011013"
        return httpx.Response(200, json={"action_status": 0, "result": {}})

    async with back_market(answer) as api:
        report = await api.task(ACCESS, 1011013)

    assert report.status is TaskStatus.PENDING


async def test_an_update_sends_price_with_currency_and_returns_the_listing():
    sent: list[object] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200, json={"id": UUID, "quantity": 3, "statuscode": 200})

    async with back_market(answer) as api:
        listing = await api.update_listing(
            ACCESS, UUID, {"price": "239.00", "quantity": 3}
        )

    body = {"price": "239.00", "quantity": 3, "currency": "GBP"}
    assert sent == [(f"/ws/listings/{UUID}", body)]
    assert listing == Listing(id=UUID, quantity=3)


async def test_an_empty_success_is_a_success():
    async with back_market(lambda _: httpx.Response(204)) as api:
        assert await api.update_listing(ACCESS, "61", {"quantity": 0}) == Listing(
            listing_id="61"
        )


@pytest.mark.parametrize("badly_typed", ["../orders", "0b7c", "A-1", "", "9" * 20])
async def test_an_id_that_is_no_number_and_no_uuid_is_not_sent(badly_typed):
    async with back_market(always(200)) as api:
        with pytest.raises(ValueError, match="no listing id"):
            await api.update_listing(ACCESS, badly_typed, {"quantity": 0})


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param(always(200, {"sku": "a b&c"}), True, id="one, in any case"),
        pytest.param(always(200, {"results": [{"sku": "A b&c"}]}), True, id="page"),
        pytest.param(always(200, {"sku": "other"}), False, id="another listing"),
        pytest.param(always(404, {"error": {"code": "E"}}), False, id="unknown"),
    ],
)
async def test_a_listing_is_found_by_its_sku_or_not(answer, found):
    def checked(request: httpx.Request) -> httpx.Response:
        assert request.url.params["sku"] == "A b&c"
        return answer(request)

    async with back_market(checked) as api:
        assert bool(await api.listing_by_sku(ACCESS, "A b&c")) is found


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (always(401, {"error": {"message": "no"}}), TokenRefusedError),
        (always(403, {"error": {"message": "no"}}), PermissionRefusedError),
        (lambda _: httpx.Response(403, html="<html>"), BackMarketUnavailableError),
        (lambda _: httpx.Response(404, html="<html>"), BackMarketNotFoundError),
    ],
    ids=["token", "permission", "edge", "wrong address"],
)
async def test_a_failed_check_names_the_problem(answer, error):
    async with back_market(answer) as api:
        with pytest.raises(error):
            await api.check(ACCESS)


async def test_a_check_of_a_valid_token_succeeds():
    async with back_market(always(200, {"count": 0, "results": []})) as api:
        await api.check(ACCESS)


async def test_categories_are_read():
    async with back_market(always(200, [{"category_id": 1}])) as api:
        (category,) = await api.category_tree(ACCESS)

    assert category.category_id == 1


async def test_a_response_without_a_task_leaves_the_effect_unknown():
    async with back_market(always(200, {"bodymessage": "thanks"})) as api:
        with pytest.raises(NotUnderstoodError) as caught:
            await api.post_batch(ACCESS, ROWS)

    assert caught.value.effect is Effect.UNKNOWN


async def test_before_request_is_called_and_may_refuse():
    calls: list[tuple[str, str]] = []

    async def refuse(method: str, path: str) -> None:
        calls.append((method, path))
        raise PermissionError("lease lost")

    async with back_market(failing(httpx.ReadError)) as api:
        with pytest.raises(PermissionError):
            await api.task(replace(ACCESS, before_request=refuse), 7)

    assert calls == [("GET", "/ws/tasks/7")]


async def test_the_sandbox_serves_every_platform_once_it_has_an_address():
    access = replace(ACCESS, platform=Platform.AP, environment=Environment.SANDBOX)

    def answer(request: httpx.Request) -> httpx.Response:
        assert str(request.url).startswith("http://localhost:9/bm/ws/listings?")
        return httpx.Response(200, json={"results": []})

    async with back_market(answer, sandbox_url="http://localhost:9/bm/") as api:
        await api.check(access)
    async with back_market(answer) as api:
        with pytest.raises(NotConfiguredError, match="REFEED_SANDBOX_URL"):
            await api.check(access)


async def test_a_listing_is_found_by_its_sku_in_decomposed_characters():
    async with back_market(always(200, {"sku": "E\u0301"})) as api:
        assert await api.listing_by_sku(ACCESS, "\u00c9")
