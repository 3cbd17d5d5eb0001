"""Test events, replays, new secrets, and endpoints that are disabled."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from app.core.columns import new_id
from app.database import open_database
from app.events.enums import EventType
from app.events.service import delete_old
from app.settings import Settings
from app.webhook_endpoints import service
from tests.events.described import described
from tests.publications.watching import eventually
from tests.support.stack import SilentQueue
from tests.webhook_endpoints.desk import Endpoints

NOW = datetime.now(UTC)
PERIOD = {
    "from": (NOW - timedelta(hours=1)).isoformat(),
    "to": (NOW + timedelta(hours=1)).isoformat(),
}


async def post(
    endpoints: Endpoints, endpoint: dict[str, Any], tail: str, **body: Any
) -> tuple[int, Any]:
    path = endpoints.path(endpoint, tail)
    answer = await endpoints.api.post(path, json=body or None)
    return answer.status_code, answer.json()


async def test_a_test_event_goes_to_one_endpoint(endpoints: Endpoints):
    tested = await endpoints.create(events=["order.created"])
    other = await endpoints.create("/other")

    status, delivery = await post(endpoints, tested, "/test")
    await endpoints.ended(tested)

    (got,) = endpoints.consumer.received
    assert status == 202
    event = described(got.verified_by(tested["secret"]))
    assert event["type"] == "webhook_endpoint.test"
    assert got.id == delivery["event_id"]
    assert await endpoints.deliveries(other) == []


async def test_an_event_is_replayed_with_its_id(endpoints: Endpoints):
    endpoint = await endpoints.create()
    first, second = await endpoints.catalogs(2)
    await endpoints.ended(endpoint)

    status, body = await post(endpoints, endpoint, "/replay", event_id=second)
    await endpoints.ended(endpoint)

    assert (status, body) == (200, {"replayed": 1, "next": None})
    assert sorted(endpoints.received_ids()) == sorted([first, second, second])
    delivery = await endpoints.get(endpoint, f"/deliveries/{second}")
    assert (delivery["attempts"], len(delivery["log"])) == (1, 2)


async def test_a_new_endpoint_replays_what_was_before_it(endpoints: Endpoints):
    ids = await endpoints.catalogs(3)
    await endpoints.record(endpoints.event(EventType.CATALOG_REJECTED))
    endpoint = await endpoints.create(events=["catalog.ready"])

    _, body = await post(endpoints, endpoint, "/replay", **PERIOD)
    await endpoints.ended(endpoint)

    assert body == {"replayed": 3, "next": None}
    assert sorted(endpoints.received_ids()) == sorted(ids)


async def test_a_long_period_is_replayed_in_parts(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service, "REPLAYED_AT_ONCE", 4)
    ids = await endpoints.catalogs(6)
    endpoint = await endpoints.create()

    _, first = await post(endpoints, endpoint, "/replay", **PERIOD)
    _, rest = await post(endpoints, endpoint, "/replay", **PERIOD, after=first["next"])
    await endpoints.ended(endpoint)

    assert (first["replayed"], rest) == (4, {"replayed": 2, "next": None})
    assert sorted(endpoints.received_ids()) == sorted(ids)


async def test_a_replay_has_only_what_the_endpoint_may_see(endpoints: Endpoints):
    path = f"/v1/stores/{endpoints.shop.store_id}/settings"
    account = (await endpoints.api.get(path)).json()["seller_account_id"]
    of_account = {"account_id": account}
    kind = EventType.ORDER_CREATED
    (foreign, french) = await endpoints.record(
        endpoints.event(kind, country="IT", **of_account),
        endpoints.event(kind, country="FR", **of_account),
    )
    other = await endpoints.api.post("/v1/stores", json={"name": "B", "country": "FR"})
    of_other = {"store_ids": [other.json()["id"]]}
    endpoint = await endpoints.create()
    elsewhere = await endpoints.create("/elsewhere", **of_other)

    _, mine = await post(endpoints, endpoint, "/replay", **PERIOD)
    _, theirs = await post(endpoints, elsewhere, "/replay", **PERIOD)
    status, _ = await post(endpoints, endpoint, "/replay", event_id=foreign)
    unknown, _ = await post(endpoints, endpoint, "/replay", event_id=str(new_id()))
    await endpoints.ended(endpoint)

    assert (mine["replayed"], theirs["replayed"]) == (1, 0)
    assert (status, unknown) == (404, 404)
    assert endpoints.received_ids() == [french]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"from": PERIOD["from"]},
        {"event_id": str(new_id()), **PERIOD},
        {"from": "yesterday", "to": PERIOD["to"]},
    ],
    ids=["nothing", "no end", "both", "no time"],
)
async def test_a_replay_needs_an_event_or_a_period(
    endpoints: Endpoints, body: dict[str, Any]
):
    endpoint = await endpoints.create()
    path = endpoints.path(endpoint, "/replay")

    assert (await endpoints.api.post(path, json=body)).status_code == 422


async def test_both_secrets_sign_until_the_old_one_expires(endpoints: Endpoints):
    endpoint = await endpoints.create()
    old = endpoint["secret"]

    status, body = await post(endpoints, endpoint, "/secret")
    await endpoints.catalogs()
    await endpoints.ended(endpoint)
    await endpoints.query(
        "UPDATE webhook_endpoint_secret SET valid_until = now() "
        "WHERE valid_until IS NOT NULL"
    )
    await endpoints.catalogs()
    await endpoints.ended(endpoint)

    during, after = endpoints.consumer.received
    assert (status, body["secret"] != old) == (201, True)
    for secret in (old, body["secret"]):
        assert during.verified_by(secret)
    assert after.verified_by(body["secret"])
    with pytest.raises(WebhookVerificationError):
        after.verified_by(old)


async def test_an_endpoint_that_failed_for_five_days_is_disabled(endpoints: Endpoints):
    """Others get an event; it is shown why, and enabling sends what was pending."""
    fails = True
    endpoints.consumer.answer = lambda got: (
        500 if fails and got.path == "/events" else 200
    )
    endpoint = await endpoints.create()
    other = await endpoints.create("/other", events=["webhook_endpoint.disabled"])
    (event_id,) = await endpoints.catalogs()
    await endpoints.attempted(endpoint)
    await endpoints.pass_time("5 days")

    async def is_disabled() -> bool:
        return str((await endpoints.get(endpoint))["state"]) == "disabled"

    await eventually(is_disabled)
    shown = await endpoints.get(endpoint)
    (noticed,) = await endpoints.ended(other)
    (missed,) = await endpoints.catalogs()
    test, _ = await post(endpoints, endpoint, "/test")
    replay, _ = await post(endpoints, endpoint, "/replay", **PERIOD)
    fails = False
    await endpoints.patch(endpoint, enabled=True)
    await endpoints.pass_time("1 hour")
    (sent,) = await endpoints.ended(endpoint)
    await post(endpoints, endpoint, "/replay", event_id=missed)
    await endpoints.ended(endpoint)

    assert shown["disabled"]["code"] == "failing"
    assert shown["disabled_at"] is not None
    assert noticed["type"] == "webhook_endpoint.disabled"
    event = described(endpoints.consumer.at("/other")[0].event)["data"]
    assert (event["webhook_endpoint_id"], event["reason"]) == (
        endpoint["id"],
        "failing",
    )
    assert (test, replay) == (409, 409)
    assert (sent["event_id"], sent["state"]) == (event_id, "delivered")
    assert endpoints.received_ids()[-1] == missed


async def test_what_an_endpoint_missed_is_sent_by_a_replay_of_its_period(
    endpoints: Endpoints,
):
    """Its events were recorded while it was disabled, twice."""
    endpoint, missed = await endpoints.create(), []
    for _ in range(2):
        await endpoints.patch(endpoint, enabled=False)
        missed += await endpoints.catalogs(2)
        enabled = await endpoints.patch(endpoint, enabled=True)
    later = await endpoints.catalogs()
    await endpoints.ended(endpoint)
    before = list(endpoints.received_ids())

    period = enabled["missed"]
    part = {"from": period["from"], "to": period["from"]}
    await post(endpoints, endpoint, "/replay", **part)
    still = (await endpoints.get(endpoint))["missed"]
    _, replayed = await post(endpoints, endpoint, "/replay", **period)
    await endpoints.ended(endpoint)

    assert before == later
    assert still == period
    assert replayed["replayed"] == len(missed) + len(later)
    assert set(endpoints.received_ids()) == {*missed, *later}
    assert (await endpoints.get(endpoint))["missed"] is None


async def test_another_url_begins_without_the_failures_of_the_one_before(
    endpoints: Endpoints,
):
    """Also of a request that was on its way when the URL was replaced."""
    endpoints.consumer.answer = lambda got: 500 if got.path == "/events" else 204
    endpoint = await endpoints.create()
    await endpoints.catalogs()
    await endpoints.attempted(endpoint)
    before = await endpoints.get(endpoint)
    moved = await endpoints.patch(endpoint, url=endpoints.consumer.url("/hangs"))

    never = asyncio.Event()
    endpoints.consumer.answer = lambda got: never if got.path == "/hangs" else 204
    await endpoints.pass_time("1 hour")

    async def is_asked() -> bool:
        return bool(endpoints.consumer.at("/hangs"))

    await eventually(is_asked)
    await endpoints.patch(endpoint, url=endpoints.consumer.url("/works"))
    await endpoints.consumer.hang_up()
    await endpoints.attempted(endpoint, 2)
    after = await endpoints.get(endpoint)
    await endpoints.pass_time("1 day")
    (delivery,) = await endpoints.ended(endpoint)

    assert before["failing_since"] is not None
    assert (moved["failing_since"], after["failing_since"]) == (None, None)
    assert delivery["state"] == "delivered"


async def test_an_endpoint_that_is_gone_is_disabled_at_once(endpoints: Endpoints):
    endpoints.consumer.answer = lambda _: 410
    endpoint = await endpoints.create()
    await endpoints.catalogs()
    await endpoints.attempted(endpoint)

    shown = await endpoints.get(endpoint)

    assert (shown["state"], shown["disabled"]["code"]) == ("disabled", "gone")


async def test_a_disabled_endpoint_of_several_stores_is_an_event_of_each(
    endpoints: Endpoints,
):
    endpoints.consumer.answer = lambda got: 410 if got.path == "/events" else 204
    body = {"name": "B", "country": "FR"}
    second = (await endpoints.api.post("/v1/stores", json=body)).json()["id"]
    both = [endpoints.shop.store_id, second]
    gone = await endpoints.create(store_ids=both)
    other = await endpoints.create("/other", store_ids=[second])
    await endpoints.catalogs()

    async def is_noticed() -> bool:
        return bool(endpoints.consumer.at("/other"))

    await eventually(is_noticed)
    await endpoints.ended(other)

    (noticed,) = endpoints.consumer.at("/other")
    data = described(noticed.event)["data"]
    assert (data["webhook_endpoint_id"], data["store_id"]) == (gone["id"], second)


async def test_deliveries_are_listed_by_state_type_and_time(endpoints: Endpoints):
    endpoints.consumer.answer = lambda got: (
        200 if got.event["type"] == "catalog.ready" else 500
    )
    endpoint = await endpoints.create()
    ready = await endpoints.catalogs(2)
    (rejected,) = await endpoints.record(endpoints.event(EventType.CATALOG_REJECTED))
    await endpoints.attempted(endpoint)

    async def ids(**query: str) -> list[str]:
        found = await endpoints.deliveries(endpoint, **query)
        return [each["event_id"] for each in found]

    async def both_arrived() -> bool:
        return len(await ids(state="delivered")) == 2

    await eventually(both_arrived)
    assert await ids() == [rejected, *reversed(ready)]
    assert await ids(state="pending") == [rejected]
    assert await ids(event="catalog.ready") == list(reversed(ready))
    assert await ids(occurred_from=PERIOD["to"]) == []
    assert len(await ids(occurred_to=PERIOD["to"])) == 3
    path = endpoints.path(endpoint, "/deliveries")
    first = (await endpoints.api.get(path, params={"limit": 2})).json()
    rest = await endpoints.api.get(path, params={"limit": 2, "cursor": first["next"]})
    assert [len(first["items"]), len(rest.json()["items"])] == [2, 1]
    assert rest.json()["next"] is None


async def test_old_events_are_deleted_with_their_deliveries(
    endpoints: Endpoints, settings: Settings
):
    endpoint = await endpoints.create()
    old, new = await endpoints.catalogs(2)
    await endpoints.ended(endpoint)
    await endpoints.query(
        "UPDATE event SET occurred_at = now() - interval '31 days' WHERE id = %s", old
    )
    async with (
        open_database(endpoints.database_url, SilentQueue()) as database,
        database.transaction() as tx,
    ):
        await delete_old(tx.session, settings.keep_events)

    assert [d["event_id"] for d in await endpoints.deliveries(endpoint)] == [new]
