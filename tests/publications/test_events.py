"""Progress as it happens, from any API process, also after a lost connection."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from uuid import uuid4

import httpx
import psutil
import pytest
import uvicorn

from app.main import create_app
from app.serve import Server
from app.settings import Settings
from app.web.event_stream import MAX_STREAMS, Streams
from tests.publications.conftest import Sql
from tests.publications.watching import eventually
from tests.support.events import Event, all_events, watching
from tests.support.serving import served
from tests.support.shop import Shop, row
from tests.support.stack import ADMIN_KEY, open_api

KEY = {"Authorization": f"Bearer {ADMIN_KEY}"}


@pytest.fixture
def two(settings: Settings) -> Iterator[tuple[str, str]]:
    """Two API processes on the same database."""
    with ExitStack() as stack:
        yield tuple(stack.enter_context(served(settings))[1] for _ in range(2))


@pytest.fixture
def one(settings: Settings) -> Iterator[tuple[psutil.Process, str]]:
    with served(settings) as process:
        yield process


async def waiting_run(shop: Shop) -> str:
    """The path of a run that Back Market keeps waiting."""
    await shop.fault("stuck_task")
    await shop.upload([row("A1"), row("A2")])
    run = await shop.publish(wait=False)
    path = f"/v1/publications/{run['id']}"
    await shop.wait_for(path, ("sending", "waiting"))
    return path


async def over_run(shop: Shop) -> str:
    await shop.upload([row("A1")])
    return f"/v1/publications/{(await shop.publish())['id']}"


def versions(events: list[Event]) -> list[int]:
    return [event.version for event in events if event.name == "progress"]


async def test_a_stream_reports_a_run_from_request_to_end(shop: Shop, one):
    await shop.upload([row("A1"), row("A2")])
    run = await shop.publish(wait=False)

    events = await all_events(one[1], f"/v1/publications/{run['id']}")

    *progress, end = events
    assert {e.name for e in progress} == {"progress"}
    assert end.name == "end"
    assert end.data["state"] == "finished"
    assert end.data["counts"]["by_outcome"] == {"accepted": 2}
    assert versions(events) == sorted(set(versions(events)))


async def test_a_stream_resumes_at_another_process(
    shop: Shop, two: tuple[str, str], sql: Sql
):
    path = await waiting_run(shop)

    async with watching(two[0], path) as events:
        first = await anext(events)
    await sql("UPDATE change SET outcome = 'rejected', code = 'x' WHERE sku = 'A1'")
    async with watching(two[1], path, first.id) as events:
        second = await anext(events)

    assert second.version > first.version
    assert second.data["counts"]["by_outcome"]["rejected"] == 1


async def test_a_client_with_the_newest_version_waits_for_the_next(
    shop: Shop, two: tuple[str, str], sql: Sql
):
    await sql("UPDATE seller_account SET paused_until = now() + interval '1 hour'")
    await shop.upload([row("A1")])
    run = await shop.publish(wait=False)
    path = f"/v1/publications/{run['id']}"
    async with watching(two[0], path) as events:
        seen = await anext(events)

    async with watching(two[1], path, seen.id) as events:
        waiting = asyncio.create_task(anext(events))
        await sql("UPDATE publication SET reason_code = 'throttled'")
        event = await waiting

    assert event.version == seen.version + 1
    assert event.data["reason"]["code"] == "throttled"


async def test_a_stream_of_an_ended_run_ends_at_once(
    shop: Shop, api: httpx.AsyncClient
):
    path = await over_run(shop)

    answer = await api.get(f"{path}/events", headers={"Last-Event-ID": "not ours"})

    lines = answer.text.splitlines()
    assert [line for line in lines if line.startswith("event: ")] == [
        "event: progress",
        "event: end",
    ]
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_client_that_missed_the_end_gets_it_and_then_204(
    shop: Shop, api: httpx.AsyncClient
):
    path = await over_run(shop)
    whole = await api.get(f"{path}/events")
    ids = [x.removeprefix("id: ") for x in whole.text.splitlines() if x[:4] == "id: "]

    after_progress, after_end = [
        await api.get(f"{path}/events", headers={"Last-Event-ID": seen}) for seen in ids
    ]

    assert "event: progress" not in after_progress.text
    assert "event: end" in after_progress.text
    assert (after_end.status_code, after_end.content) == (204, b"")


async def test_a_process_that_stops_ends_its_streams_at_once(shop: Shop, one):
    path = await waiting_run(shop)
    process, url = one

    async with watching(url, path) as events:
        await anext(events)
        process.terminate()
        rest = [event async for event in events]
    await asyncio.to_thread(process.wait, 5)

    assert "end" not in {event.name for event in rest}
    assert not process.is_running()


async def test_no_transaction_is_open_between_two_polls(shop: Shop, one, sql: Sql):
    path = await waiting_run(shop)
    open_ones = []

    async with watching(one[1], path) as events:
        await anext(events)
        for _ in range(20):
            found = await sql(
                "SELECT pid, xact_start FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND xact_start IS NOT NULL"
            )
            open_ones.append(set(found))
            await asyncio.sleep(0.05)

    assert set.intersection(*open_ones) == set()


async def test_a_disconnected_client_frees_its_slot(shop: Shop, settings: Settings):
    path = await waiting_run(shop)
    app = create_app(settings)
    config = uvicorn.Config(app, port=0, log_config=None, access_log=False)
    streams: Streams = app.state.streams
    server = Server(config, streams, settings)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    async def nobody_left() -> bool:
        return not streams.open

    await eventually(started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with watching(f"http://127.0.0.1:{port}", path) as events:
        await anext(events)
        during = streams.open.total()
    await eventually(nobody_left)
    server.should_exit = True
    await serving

    assert during == 1


async def test_a_process_limits_the_number_of_streams(settings: Settings, shop: Shop):
    path = await over_run(shop)
    async with open_api(settings, Streams(open=Counter({uuid4(): MAX_STREAMS}))) as api:
        answer = await api.get(f"{path}/events")

    assert answer.status_code == 503
    assert answer.json()["code"] == "too_many_streams"
    assert answer.headers["Retry-After"]


async def test_a_stream_needs_a_key_for_the_store(shop: Shop):
    path = f"{await over_run(shop)}/events"
    made = await shop.api.post(
        "/v1/api-keys", json={"name": "k", "scope": "read", "store_ids": []}
    )
    stranger = {"Authorization": f"Bearer {made.json()['key']}"}

    without = await shop.api.get(path, headers={"Authorization": ""})
    foreign = await shop.api.get(path, headers=stranger)

    assert [without.status_code, foreign.status_code] == [401, 404]


async def test_an_import_has_a_stream_too(shop: Shop, one):
    catalog = await shop.upload([row(f"A{n}") for n in range(50)], wait=False)

    events = await all_events(one[1], f"/v1/catalogs/{catalog['id']}")

    assert events[-1].name == "end"
    assert events[-1].data["state"] == "ready"
    assert events[-1].data["counts"]["rows"] == 50
    assert versions(events) == sorted(set(versions(events)))
