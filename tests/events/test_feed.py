"""`/v1/events`: each event once, as pages and as a stream, to keys that may see it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from fastapi.responses import StreamingResponse

from app.access.service import ADMIN, Caller
from app.database import open_database
from app.events import feed
from app.events.enums import EventType
from app.events.feed import Selection, place_in
from app.events.feed_stream import KEY_CHECK, EventFeed, open_feed, pieces_of
from app.events.payload import NewEvent, columns_of
from app.web.event_stream import HEARTBEAT, LONGEST, Streams, open_stream
from app.web.pagination import BIGGEST
from tests.access.issuing import issue
from tests.support.shop import fresh_token
from tests.support.stack import SilentQueue, query

READY = EventType.CATALOG_READY
ORDER = EventType.ORDER_CREATED
ALL = Selection(None, None)


def record(database_url: str, *events: NewEvent) -> list[str]:
    """Record events in a transaction of their own; their ids."""
    rows = columns_of(events)
    query(database_url, "SELECT refeed_record_events(%s::jsonb)", json.dumps(rows))
    return [row["id"] for row in rows]


def ready(store: str, kind: EventType = READY) -> NewEvent:
    return NewEvent(kind, uuid4(), {"path": "/v1/x"}, store_id=UUID(store))


async def read(api: httpx.AsyncClient, key: str = "", **asked: Any) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = await api.get("/v1/events", params=asked, headers=headers)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ids(page: dict[str, Any]) -> list[str]:
    return [event["id"] for event in page["items"]]


@dataclass(frozen=True)
class Two:
    """Two stores of one account, and what happened to each and to the account."""

    french: str
    german: str
    account: str
    ids: list[str]
    """Of the French store, the German one, the account, a French order."""


@pytest.fixture
async def two(api: httpx.AsyncClient, database_url: str) -> Two:
    token = {"environment": "sandbox", "token": fresh_token()}
    stores = []
    for country in ("FR", "DE"):
        created = {"name": "A", "country": country}
        stores.append((await api.post("/v1/stores", json=created)).json()["id"])
        await api.put(f"/v1/stores/{stores[-1]}/settings", json=token)
    (account,) = (await api.get("/v1/seller-accounts")).json()["items"]
    found = record(
        database_url,
        *map(ready, stores),
        of_account(account["id"], EventType.CONNECTION_FAILED),
        of_account(account["id"], ORDER, "FR"),
    )
    return Two(*stores, account["id"], found)


def of_account(account: str, kind: EventType, country: str | None = None) -> NewEvent:
    data = {"path": "/v1/x"}
    return NewEvent(kind, uuid4(), data, account_id=UUID(account), country=country)


async def test_a_key_sees_the_events_of_its_stores(api: httpx.AsyncClient, two: Two):
    french, german, account, order = two.ids
    keys = [
        await issue(api, scope="read", store_ids=store_ids)
        for store_ids in (None, [two.french], [two.german], [])
    ]

    found = [ids(await read(api, key)) for key in keys]

    assert found == [two.ids, [french, account, order], [german, account], []]


async def test_events_are_filtered_by_store_and_type(api: httpx.AsyncClient, two: Two):
    _, german, account, order = two.ids

    of_store = await read(api, store_id=two.german)
    of_types = await read(api, event=[ORDER.value, "connection.failed"])
    foreign = await api.get(
        "/v1/events",
        params={"store_id": two.german},
        headers={"Authorization": f"Bearer {await issue(api, store_ids=[])}"},
    )

    assert ids(of_store) == [german, account]
    assert ids(of_types) == [account, order]
    assert foreign.status_code == 404


async def test_pages_have_each_event_once_and_go_on_later(
    api: httpx.AsyncClient, two: Two, database_url: str
):
    first = await read(api, limit=3)
    second = await read(api, limit=3, cursor=first["next"])
    later = record(database_url, ready(two.french))
    third = await read(api, cursor=second["read_to"])

    assert ids(first) + ids(second) == two.ids
    assert (second["next"], ids(third)) == (None, later)
    assert first["items"][0]["type"] == "catalog.ready"
    assert first["items"][0]["data"] == {"store_id": two.french, "path": "/v1/x"}


async def test_a_page_of_a_key_that_sees_little_reads_a_limited_number(
    api: httpx.AsyncClient, two: Two, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(feed, "MOST_SCANNED", 1)
    key = await issue(api, scope="read", store_ids=[two.german])

    first = await read(api, key)
    second = await read(api, key, cursor=first["next"])

    assert (ids(first), ids(second)) == ([], [two.ids[1]])


async def test_an_event_that_commits_late_is_not_missed(
    api: httpx.AsyncClient, two: Two, database_url: str
):
    """Its position is lower than that of an event that was committed before."""
    before = (await read(api))["read_to"]
    (late,) = columns_of([ready(two.french)])
    with psycopg.connect(database_url) as slow:
        slow.execute("SELECT refeed_record_events(%s::jsonb)", [json.dumps([late])])
        (quick,) = record(database_url, ready(two.german))
        meanwhile = await read(api, cursor=before)

    after = await read(api, cursor=meanwhile["read_to"])

    assert ids(meanwhile) == []
    assert ids(after) == [late["id"], quick]


@pytest.mark.parametrize(
    "cursor", ["x", "1", "1-", "-1-1", f"1-{BIGGEST + 1}", "1-1-1"]
)
async def test_another_text_is_no_cursor(api: httpx.AsyncClient, cursor: str):
    answer = await api.get("/v1/events", params={"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")
    assert place_in(cursor) is None


async def test_a_cursor_of_another_database_is_refused(api: httpx.AsyncClient):
    answer = await api.get("/v1/events", params={"cursor": f"{BIGGEST}-1"})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


@dataclass
class Clock:
    """A clock that each pause moves on."""

    now: float = 0.0
    step: float = 1.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


@asynccontextmanager
async def opened(
    database_url: str, last_seen: str | None = None, caller: Caller = ADMIN
) -> AsyncIterator[EventFeed]:
    async with open_database(database_url, SilentQueue(), pool_size=2) as database:
        selection = Selection.of(caller, None, None)
        yield await open_feed(database, caller, selection, last_seen)


async def stream(database_url: str, last_seen: str | None, **more: Any) -> list[bytes]:
    """What one connection of ten minutes sends."""
    streams = Streams(clock=Clock(**more), poll_interval=0)
    async with opened(database_url, last_seen) as found:
        answer = open_stream(streams, None, pieces_of(streams, found))
        assert isinstance(answer, StreamingResponse)
        return [bytes(piece) async for piece in answer.body_iterator]


async def test_a_stream_goes_on_after_the_last_event_seen(two: Two, database_url: str):
    from_start = await stream(database_url, "0-0", step=LONGEST / 3)
    second = from_start[3].split(b"id: ")[1].split()[0].decode()

    resumed = await stream(database_url, second, step=LONGEST / 3)

    sent = [json.loads(p.split(b"data: ")[1].split(b"\n")[0]) for p in from_start[2:6]]
    assert [each["id"] for each in sent] == two.ids
    assert resumed[2:4] == from_start[4:6]
    assert from_start[0].startswith(b": refeed\n")


@pytest.mark.parametrize("last_seen", [None, "nonsense", f"{BIGGEST}-1"])
async def test_a_new_stream_begins_now_with_an_id_to_resume_from(
    two: Two, database_url: str, last_seen: str | None
):
    pieces = await stream(database_url, last_seen, step=LONGEST / 3)
    mark = pieces[1].split(b"id: ")[1].split()[0].decode()
    later = record(database_url, ready(two.french))

    resumed = await stream(database_url, mark, step=LONGEST / 3)

    assert not any(b"data: " in piece for piece in pieces)
    assert [json.loads(p[6:].split(b"\n")[0])["id"] for p in _data(resumed)] == later


def _data(pieces: list[bytes]) -> list[bytes]:
    return [piece[piece.index(b"data: ") :] for piece in pieces if b"data: " in piece]


async def test_an_idle_stream_sends_an_id_every_15_seconds(database_url: str):
    pieces = await stream(database_url, None, step=HEARTBEAT)

    marks = pieces[1:]
    assert len(marks) > 5
    assert all(each.startswith(b": still here\nid: ") for each in marks)


async def test_a_revoked_key_has_no_stream_after_seconds(
    api: httpx.AsyncClient, database_url: str
):
    key = (await api.post("/v1/api-keys", json={"name": "k"})).json()
    caller = Caller(UUID(key["id"]), "read", None)
    clock = Clock(step=0.5)
    streams = Streams(clock=clock, poll_interval=0)
    async with opened(database_url, None, caller) as found:
        pieces = pieces_of(streams, found)
        await anext(pieces)
        assert (await api.delete(f"/v1/api-keys/{key['id']}")).status_code == 204
        rest = [piece async for piece in pieces]

    assert rest == []
    assert clock.now <= 3 * KEY_CHECK
