"""Events arrive: signed, in order, again until accepted, and only where meant."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from standardwebhooks import WebhookVerificationError

from app.core.columns import new_id
from app.events.enums import EventType
from tests.publications.watching import eventually
from tests.support.shop import open_shop, row
from tests.webhook_endpoints.consumer import Received, reply
from tests.webhook_endpoints.desk import Endpoints


@pytest.fixture
def more_settings() -> dict[str, Any]:
    return {"webhook_timeout": 2}


async def test_an_event_arrives_signed(endpoints: Endpoints):
    endpoint = await endpoints.create()

    catalog = await endpoints.shop.upload([row("A1")])
    (delivery,) = await endpoints.ended(endpoint)

    (got,) = endpoints.consumer.received
    event = got.verified_by(endpoint["secret"])
    assert event["type"] == "catalog.ready"
    assert event["data"]["catalog_id"] == catalog["id"]
    assert got.headers["content-type"] == "application/json"
    assert got.id == delivery["event_id"]
    assert delivery["last_attempt"]["status"] == 204
    other = await endpoints.create("/other")
    with pytest.raises(WebhookVerificationError):
        got.verified_by(other["secret"])


async def test_an_endpoint_gets_the_types_that_it_wants(endpoints: Endpoints):
    some = await endpoints.create("/some", events=["publication.finished"])
    every = await endpoints.create("/every")
    await endpoints.shop.upload([row("A1")])
    await endpoints.shop.publish()
    await endpoints.ended(every)
    await endpoints.ended(some)

    def types(path: str) -> list[str]:
        return [got.event["type"] for got in endpoints.consumer.at(path)]

    assert types("/some") == ["publication.finished"]
    assert sorted(types("/every")) == ["catalog.ready", "publication.finished"]


async def test_an_endpoint_gets_what_its_stores_see(
    endpoints: Endpoints, sandbox_url: str
):
    """A French store sees French orders, one with `all_countries` sees all."""
    shop = endpoints.shop
    german = await open_shop(shop.api, sandbox_url, country="DE", token=shop.token)
    other = await open_shop(shop.api, sandbox_url)
    account = (await shop.api.get(f"/v1/stores/{shop.store_id}/settings")).json()[
        "seller_account_id"
    ]
    made = {
        "french": await endpoints.create("/french"),
        "german": await endpoints.create("/german", store_ids=[german.store_id]),
        "both": await endpoints.create(
            "/both", store_ids=[shop.store_id, german.store_id]
        ),
        "account": await endpoints.create("/account", seller_account_id=account),
        "other": await endpoints.create("/other", store_ids=[other.store_id]),
        "all": await endpoints.create("/all", all=True),
    }
    of_account = {"account_id": UUID(account)}
    kind = EventType.ORDER_CREATED
    await endpoints.record(
        endpoints.event(number=1),
        endpoints.event(kind, number=2, country="FR", **of_account),
        endpoints.event(kind, number=3, country="IT", **of_account),
        endpoints.event(kind, number=4, country="", **of_account),
        endpoints.event(EventType.CONNECTION_FAILED, number=5, **of_account),
        endpoints.event(number=6, store_id=UUID(german.store_id)),
        endpoints.event(number=7, store_id=UUID(other.store_id)),
    )

    for endpoint in made.values():
        await endpoints.ended(endpoint)

    def numbers(name: str) -> list[int]:
        got = endpoints.consumer.at(f"/{name}")
        return sorted(each.event["data"]["number"] for each in got)

    assert {name: numbers(name) for name in made} == {
        "french": [1, 2, 5],
        "german": [5, 6],
        "both": [1, 2, 5, 6],
        "account": [1, 2, 3, 4, 5, 6],
        "other": [7],
        "all": [1, 2, 3, 4, 5, 6, 7],
    }


async def test_a_store_with_orders_of_all_countries_gets_their_events(
    endpoints: Endpoints,
):
    endpoint = await endpoints.create()
    await endpoints.query("UPDATE store SET order_scope = 'all_countries'")
    ((account,),) = await endpoints.query("SELECT account_id FROM store")
    kind = EventType.ORDER_CREATED
    of_account = {"account_id": account}
    await endpoints.record(
        endpoints.event(kind, country="IT", **of_account),
        endpoints.event(kind, country="", **of_account),
    )

    assert len(await endpoints.ended(endpoint)) == 2


async def test_a_refused_event_is_sent_again_as_the_same_bytes(endpoints: Endpoints):
    answers = iter([500, 404, 429, 302, 200])
    endpoints.consumer.answer = lambda _: next(answers)
    endpoint = await endpoints.create()
    (event_id,) = await endpoints.catalogs()

    for attempt in range(1, 5):
        await endpoints.attempted(endpoint, attempt)
        await endpoints.pass_time("3 hours")
    (delivery,) = await endpoints.ended(endpoint)

    assert (delivery["state"], delivery["attempts"]) == ("delivered", 5)
    received = endpoints.consumer.received
    assert len({got.body for got in received}) == 1
    assert {got.id for got in received} == {event_id}
    detail = await endpoints.get(endpoint, f"/deliveries/{event_id}")
    assert [each["code"] for each in detail["log"]] == [
        *(None, "redirected", "throttled", "refused", "server_error")
    ]
    assert detail["payload"] == received[0].event


async def test_an_event_that_is_never_accepted_fails_after_eight_attempts(
    endpoints: Endpoints,
):
    endpoints.consumer.answer = lambda _: reply(500, b"x" * 5000 + b"\x00\x1b")
    endpoint = await endpoints.create()
    await endpoints.catalogs()

    for attempt in range(1, 8):
        await endpoints.attempted(endpoint, attempt)
        await endpoints.pass_time("12 hours")
    (delivery,) = await endpoints.ended(endpoint)

    assert (delivery["state"], delivery["attempts"]) == ("failed", 8)
    assert len(endpoints.consumer.received) == 8
    assert delivery["last_attempt"]["message"] == "x" * 200
    shown = await endpoints.get(endpoint)
    assert (shown["state"], shown["last_success_at"]) == ("enabled", None)
    assert shown["failing_since"] is not None


async def test_events_of_a_subject_arrive_in_their_order(endpoints: Endpoints):
    """While the first one is refused, later ones wait, but not those of others."""
    subject, refuse = new_id(), True

    def answer(got: Received) -> int:
        first = got.event["data"]["number"] == 1
        return 503 if first and refuse else 200

    endpoints.consumer.answer = answer
    endpoint = await endpoints.create()
    await endpoints.record(
        *(endpoints.event(subject=subject, number=n) for n in (1, 2, 3))
    )
    await endpoints.record(endpoints.event(number=9))

    def accepted() -> list[int]:
        return [
            number
            for got in endpoints.consumer.received
            if (number := got.event["data"]["number"]) != 1 or not refuse
        ]

    async def other_arrived() -> bool:
        return accepted() == [9]

    await eventually(other_arrived)
    await endpoints.record(endpoints.event(subject=subject, number=4))
    refuse = False
    endpoints.consumer.received.clear()
    await endpoints.pass_time("1 hour")
    await endpoints.ended(endpoint)

    assert accepted() == [1, 2, 3, 4]


async def test_many_events_arrive_once_each_a_few_at_a_time(endpoints: Endpoints):
    consumer, gate = endpoints.consumer, asyncio.Event()

    def answer(_: Received) -> asyncio.Event:
        if consumer.at_once == 8:
            gate.set()
        return gate

    consumer.answer = answer
    endpoint = await endpoints.create()
    ids = await endpoints.catalogs(300)

    await endpoints.ended(endpoint)

    assert sorted(endpoints.received_ids()) == sorted(ids)
    assert consumer.most_at_once == 8


@pytest.mark.parametrize(
    ("location", "asked"),
    [("/elsewhere", 0), ("http://169.254.169.254/latest", 0)],
)
async def test_a_redirect_is_not_followed(
    endpoints: Endpoints, location: str, asked: int
):
    endpoints.consumer.answer = lambda _: reply(302, location=location)
    endpoint = await endpoints.create()
    await endpoints.catalogs()

    delivery = await endpoints.attempted(endpoint)

    assert delivery["last_attempt"]["code"] == "redirected"
    assert len(endpoints.consumer.at("/elsewhere")) == asked


async def test_an_address_that_is_refused_since_gets_nothing(
    endpoints: Endpoints,
):
    endpoint = await endpoints.create()
    await endpoints.query("UPDATE webhook_endpoint SET url = 'http://169.254.169.254/'")
    await endpoints.catalogs()

    delivery = await endpoints.attempted(endpoint)

    assert delivery["last_attempt"]["code"] in {"port_refused", "address_refused"}
    assert endpoints.consumer.received == []


async def test_a_deleted_endpoint_gets_nothing(endpoints: Endpoints):
    endpoint = await endpoints.create()
    kept = await endpoints.create("/kept")
    answer = await endpoints.api.delete(endpoints.path(endpoint))
    await endpoints.catalogs()

    await endpoints.ended(kept)

    assert answer.status_code == 204
    assert endpoints.consumer.at("/events") == []
