"""A signed webhook makes a run; close ones share it, repeated ones make none."""

import asyncio
import json
from datetime import datetime, timedelta
from uuid import uuid4

import httpx
import pytest

from app.settings import Settings
from tests.hooks.sending import Sender, new_secret
from tests.support.shop import Shop, row
from tests.support.stack import query


def skus(*names: str) -> bytes:
    return json.dumps({"skus": names}).encode()


async def test_a_signed_webhook_publishes_differences(shop: Shop):
    await shop.upload([row("A1"), row("A2")])
    sender = Sender(shop.api, shop.store_id, await new_secret(shop.api, shop.store_id))

    answer = await sender.send(skus("A1"))
    run = await shop.wait_for(answer.headers["Location"], ("finished",))

    assert answer.status_code == 202
    assert answer.headers["Retry-After"]
    assert answer.json() == {"publication_id": run["id"]}
    assert run["trigger"] == "hook"
    assert run["hook"]["skus"] == ["A1"]
    assert set(await shop.listings()) == {"A1", "A2"}


async def test_a_burst_of_webhooks_requests_one_run_a_debounce_after_the_first(
    sender: Sender, settings: Settings, database_url: str
):
    answers = [await sender.send(skus("A0"))]
    # Seven at a time: more than there are connections may get a 503 on a busy machine.
    for wave in range(7):
        numbers = range(7 * wave + 1, 7 * wave + 8)
        sent = (sender.send(skus(f"A{n}", "A0")) for n in numbers)
        answers += await asyncio.gather(*sent)

    (run,) = await sender.runs()
    assert [a.status_code for a in answers] == [202] * 50
    assert {a.headers["Location"] for a in answers} == {f"/v1/publications/{run['id']}"}
    assert run["hook"]["webhooks"] == 50
    assert set(run["hook"]["skus"]) == {f"A{n}" for n in range(50)}
    began, starts = (
        datetime.fromisoformat(at)
        for at in (run["hook"]["first_at"], run["not_before"])
    )
    assert starts - began == settings.hook_debounce == timedelta(seconds=1)
    assert query(database_url, "SELECT count(*) FROM job WHERE kind = 'publish'") == [
        (1,)
    ]


async def test_a_webhook_joins_a_requested_run_and_starts_it_earlier(
    sender: Sender, database_url: str
):
    await sender.send()
    await asyncio.to_thread(
        query,
        database_url,
        "UPDATE publication SET not_before = now() + interval '1 hour'",
    )

    await sender.send()

    (run,) = await sender.runs()
    waits = datetime.fromisoformat(run["not_before"]) - datetime.fromisoformat(
        run["hook"]["last_at"]
    )
    assert waits == timedelta(seconds=1)


async def test_a_repeated_id_gets_the_same_response_and_starts_no_run(
    sender: Sender, database_url: str
):
    first = await sender.send(skus("A1"), "msg_1")
    await asyncio.to_thread(
        query, database_url, "UPDATE publication SET state = 'finished'"
    )

    again = await sender.send(skus("A1"), "msg_1")

    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    (run,) = await sender.runs()
    assert run["hook"]["webhooks"] == 1


async def test_concurrent_repeats_count_once(sender: Sender):
    answers = await asyncio.gather(*(sender.send(b"", "msg_1") for _ in range(8)))

    (run,) = await sender.runs()
    assert {a.status_code for a in answers} == {202}
    assert {a.json()["publication_id"] for a in answers} == {run["id"]}
    assert run["hook"]["webhooks"] == 1


async def test_an_id_with_another_body_is_a_conflict(sender: Sender):
    await sender.send(skus("A1"), "msg_1")

    answer = await sender.send(skus("A2"), "msg_1")

    assert answer.status_code == 409
    assert answer.json()["code"] == "webhook_id_reused"


async def test_two_stores_may_see_the_same_id(sender: Sender, api: httpx.AsyncClient):
    await sender.send(b"", "msg_1")
    made = await api.post("/v1/stores", json={"name": "Two", "country": "DE"})
    other = Sender(api, made.json()["id"], await new_secret(api, made.json()["id"]))

    answer = await other.send(b"{}", "msg_1")

    assert answer.json()["code"] == "store_inactive"


async def test_a_store_that_does_not_publish_refuses_and_does_not_store_the_id(
    sender: Sender,
):
    activation = f"/v1/stores/{sender.store_id}/activation"
    await sender.api.delete(activation)

    refused = await sender.send(b"", "msg_1")
    await sender.api.put(activation)
    taken = await sender.send(b"", "msg_1")

    assert (refused.status_code, refused.json()["code"]) == (409, "store_inactive")
    assert taken.status_code == 202


BAD_BODIES = {
    "not JSON": b"{",
    "a list": b"[]",
    "a text for the list": b'{"skus": "A1"}',
    "an empty SKU": skus(""),
    "too many SKUs": skus(*(f"A{n}" for n in range(1001))),
    "an unknown field": b'{"sku": "A1"}',
}


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES.keys())
async def test_an_invalid_signed_body_is_422_and_starts_no_run(
    sender: Sender, body: bytes
):
    answer = await sender.send(body, "msg_1")
    corrected = await sender.send(b"", "msg_1")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["accepted"]
    assert corrected.status_code == 202


async def test_a_body_is_not_parsed_before_its_signature_is_checked(sender: Sender):
    answer = await sender.send(b"{", webhook_signature="v1,AAAA")

    assert (answer.status_code, answer.json()["code"]) == (401, "signature_wrong")


@pytest.mark.parametrize("size", [256 * 1024, 256 * 1024 + 1])
async def test_a_large_body_is_refused(sender: Sender, size: int):
    answer = await sender.send(b" " * size)

    expected = 202 if size == 256 * 1024 else 413
    assert answer.status_code == expected


async def test_an_id_that_is_too_long_is_422(sender: Sender):
    answer = await sender.send(b"", "x" * 256)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "webhook-id"


async def test_beyond_a_thousand_skus_the_rest_is_counted(sender: Sender):
    await sender.send(skus(*(f"A{n}" for n in range(1000))), str(uuid4()))
    await sender.send(skus("A0", "B1", "B2"), str(uuid4()))

    (run,) = await sender.runs()
    assert len(run["hook"]["skus"]) == 1000
    assert run["hook"]["skus_omitted"] == 2
