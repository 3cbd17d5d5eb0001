"""Service cases: fetched by changes, shown with the orders that a caller sees."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.core.file_storage import Storage
from app.database import open_database
from app.retention import delete_old_data
from app.settings import Settings
from tests.access.issuing import issue
from tests.events.recorded import data_of
from tests.monitoring.scraping import Scrape
from tests.orders.desk import SYNCED, Desk, until
from tests.support.shop import open_shop
from tests.support.stack import SilentQueue, WorkerProcess, query

OPEN_JOBS = (
    "SELECT count(*) FROM job WHERE kind = 'fetch_service_cases' "
    "AND state IN ('queued', 'running')"
)
STATE = "SELECT state, reason_code FROM service_case_sync"
WAITING = ("waiting", "throttled")
HURRY = "UPDATE job SET run_after = now() WHERE kind = 'fetch_service_cases'"
DUE = "UPDATE service_case_sync SET next_at = now()"
SYNC = "SELECT state, reason_code, page, next_at > now() FROM service_case_sync"


async def open_case(desk: Desk, number: int, **fields: Any) -> int:
    path = f"/accounts/{desk.shop.account}/service-cases"
    body = {"order_id": number, **fields}
    return int((await desk.shop.sandbox("POST", path, json=body))["id"])


async def edit_case(desk: Desk, case: int, **fields: Any) -> None:
    await desk.shop.sandbox("PATCH", f"/service-cases/{case}", json=fields)


async def fetched(desk: Desk, database_url: str) -> None:
    """Fetch cases now, and wait until they are fetched.

    In a thread: the worker that may hold the row lives on this event loop.
    """
    await until(lambda: asyncio.to_thread(query, database_url, OPEN_JOBS), [[(0,)]])
    await asyncio.to_thread(query, database_url, DUE)
    await desk.sync()
    await until(lambda: asyncio.to_thread(query, database_url, OPEN_JOBS), [[(0,)]])


async def cases(desk: Desk, **asked: Any) -> list[dict[str, Any]]:
    answer = await desk.api.get("/v1/service-cases", params=asked)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


def events(database_url: str) -> list[dict[str, Any]]:
    return data_of(database_url, "service_case.updated")


async def test_a_case_is_shown_with_its_order(desk: Desk, database_url: str):
    order = await desk.new_order("A1")
    number = await open_case(desk, order["marketplace_id"])

    await fetched(desk, database_url)

    (case,) = await cases(desk)
    assert (case["marketplace_id"], case["order_id"]) == (number, order["id"])
    assert case["order_marketplace_id"] == order["marketplace_id"]
    assert case["line"] == order["lines"][0]["id"]
    assert (case["state"], case["country"]) == ("open", "FR")
    assert case["reasons"] == ["BATTERY"]
    assert (await desk.order(order["marketplace_id"]))["service_cases"] == [case]
    one = await desk.api.get(f"/v1/service-cases/{case['id']}")
    assert one.json() == case


async def test_changes_are_fetched_and_have_one_event_each(
    desk: Desk, database_url: str
):
    order = await desk.new_order("A1")
    number = await open_case(desk, order["marketplace_id"])
    await fetched(desk, database_url)
    await fetched(desk, database_url)
    await edit_case(desk, number, state=9, resolution_choice="REFUND")
    await fetched(desk, database_url)

    (case,) = await cases(desk)
    assert (case["state"], case["resolution"], case["version"]) == (
        *("closed", "REFUND", 2),
    )
    recorded = events(database_url)
    assert [(each["state"], each["version"]) for each in recorded] == [
        ("open", 1),
        ("closed", 2),
    ]
    assert {each["order_id"] for each in recorded} == {order["id"]}


async def test_of_cases_from_before_the_connection_only_open_ones_are_events(
    desk: Desk, database_url: str
):
    order = await desk.new_order("A1")
    await fetched(desk, database_url)
    numbers = [await open_case(desk, order["marketplace_id"]) for _ in range(3)]
    await edit_case(desk, numbers[0], state=9)
    later = "UPDATE seller_account SET created_at = now() + interval '1 hour'"
    await asyncio.to_thread(query, database_url, later)
    first = "UPDATE service_case_sync SET high_water = NULL"
    await asyncio.to_thread(query, database_url, first)

    await fetched(desk, database_url)
    at_first = [each["marketplace_id"] for each in events(database_url)]
    await edit_case(desk, numbers[0], resolution_choice="REFUND")
    await fetched(desk, database_url)

    assert len(await cases(desk)) == 3
    assert sorted(at_first) == numbers[1:]
    assert [each["marketplace_id"] for each in events(database_url)][2:] == numbers[:1]


async def test_filters_and_pages(desk: Desk, database_url: str):
    orders = [await desk.new_order("A1") for _ in range(3)]
    numbers = [await open_case(desk, order["marketplace_id"]) for order in orders]
    await edit_case(desk, numbers[0], state=9)
    await fetched(desk, database_url)

    every = [case["marketplace_id"] for case in await cases(desk)]
    closed = [case["marketplace_id"] for case in await cases(desk, state="closed")]
    of_order = await cases(desk, order=orders[1]["id"])
    by_number = await cases(desk, order=str(orders[1]["marketplace_id"]))
    pages, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = await desk.api.get("/v1/service-cases", params={"limit": 2, **more})
        pages += [case["marketplace_id"] for case in answer.json()["items"]]
        cursor = answer.json()["next"]
        if not cursor:
            break

    assert sorted(every) == sorted(numbers)
    assert pages == every
    assert closed == [numbers[0]]
    assert of_order == by_number
    assert [case["marketplace_id"] for case in of_order] == [numbers[1]]
    assert await cases(desk, country="DE") == []
    assert len(await cases(desk, country="fr")) == 3


async def test_more_than_a_page_is_fetched(desk: Desk, database_url: str):
    order = await desk.new_order("A1")
    for _ in range(23):
        await open_case(desk, order["marketplace_id"])

    await fetched(desk, database_url)

    assert len(await cases(desk)) == len(events(database_url)) == 23


async def test_an_idle_account_costs_one_request_per_interval(
    desk: Desk, database_url: str
):
    await fetched(desk, database_url)
    counter = await desk.count_requests("/ws/sav")

    await desk.sync()
    await desk.sync()
    before = await desk.counted(counter)
    await fetched(desk, database_url)

    assert (before, await desk.counted(counter)) == (0, 1)


async def test_a_used_limit_of_a_day_delays_cases_and_is_a_metric(
    desk: Desk, database_url: str
):
    order = await desk.new_order("A1")
    await fetched(desk, database_url)
    await open_case(desk, order["marketplace_id"])
    counter = await desk.count_requests("/ws/sav")
    used = "UPDATE service_case_sync SET next_at = now(), day_clock = now() + '1 day'"
    await asyncio.to_thread(query, database_url, used)

    await desk.sync()
    await until(lambda: asyncio.to_thread(query, database_url, STATE), [[WAITING]])
    gauge = "refeed_accounts_without_case_requests"
    waits = Scrape((await desk.api.get("/metrics")).text).value(gauge)
    before = await desk.counted(counter)
    free = "UPDATE service_case_sync SET day_clock = now()"
    await asyncio.to_thread(query, database_url, free)
    await asyncio.to_thread(query, database_url, HURRY)
    await until(lambda: asyncio.to_thread(query, database_url, OPEN_JOBS), [[(0,)]])

    assert (waits, before, await desk.counted(counter)) == (1, 0, 1)
    assert len(await cases(desk)) == 1
    ahead = "SELECT day_clock > now(), minute_clock > now() - interval '1 minute' "
    assert query(database_url, f"{ahead}FROM service_case_sync") == [(True, True)]


@pytest.mark.parametrize("status", [403, 404])
async def test_an_account_without_cases_keeps_its_connection(
    desk: Desk, database_url: str, status: int
):
    await desk.shop.fault("answer", path="/ws/sav", status=status, envelope="v1")

    await fetched(desk, database_url)

    assert query(database_url, SYNC) == [
        ("failed", "service_cases_unavailable", 0, True)
    ]
    assert query(database_url, "SELECT connection FROM seller_account") == [("ok",)]
    assert (await desk.sync())["state"] == "done"


@pytest.mark.parametrize("kind", ["bad_gateway", "dropped_before", "throttled_json"])
async def test_a_fault_delays_cases(desk: Desk, database_url: str, kind: str):
    order = await desk.new_order("A1")
    await until(lambda: asyncio.to_thread(query, database_url, OPEN_JOBS), [[(0,)]])
    await open_case(desk, order["marketplace_id"])
    await desk.shop.fault(kind, path="/ws/sav", count=1)

    await asyncio.to_thread(query, database_url, DUE)
    await desk.sync()
    hurry = (
        "UPDATE job SET run_after = now() WHERE kind = 'fetch_service_cases'; "
        "UPDATE seller_account SET paused_until = NULL"
    )

    async def seen() -> int:
        await asyncio.to_thread(query, database_url, hurry)
        return len(await cases(desk))

    await until(seen, [1])


@pytest.mark.parametrize(
    "step", ["service_cases.page_fetched", "service_cases.page_written"]
)
async def test_a_fetch_survives_a_kill_at(
    api: httpx.AsyncClient,
    sandbox_url: str,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
    database_url: str,
):
    desk = Desk(await open_shop(api, sandbox_url))
    await desk.stock()
    order = (await desk.buy("A1"))["order_id"]
    for _ in range(15):
        await open_case(desk, order)
    asked = await desk.ask_sync()

    process.crash_at(step, tmp_path / "died")
    process.start()
    await desk.shop.wait_for(asked.headers["Location"], SYNCED)
    await until(lambda: asyncio.to_thread(query, database_url, OPEN_JOBS), [[(0,)]])

    assert len(await cases(desk)) == len(events(database_url)) == 15


async def test_a_key_sees_the_cases_of_its_orders(
    desk: Desk, database_url: str, api: httpx.AsyncClient, sandbox_url: str
):
    order = await desk.new_order("A1")
    await open_case(desk, order["marketplace_id"])
    await fetched(desk, database_url)
    (case,) = await cases(desk)
    german = await open_shop(
        api, sandbox_url, country="DE", token=desk.shop.token, active=False
    )

    for store, items, status in ((desk.shop, 1, 200), (german, 0, 404)):
        key = await issue(api, scope="read", store_ids=[store.store_id])
        headers = {"Authorization": f"Bearer {key}"}
        listed = await api.get("/v1/service-cases", headers=headers)
        one = await api.get(f"/v1/service-cases/{case['id']}", headers=headers)
        assert (len(listed.json()["items"]), one.status_code) == (items, status)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"country": "XX"}, "unknown_market"),
        ({"state": "lost"}, "unknown_state"),
        ({"order": "A-1"}, "invalid_id"),
        ({"cursor": "x"}, "bad_cursor"),
    ],
    ids=["country", "state", "order", "cursor"],
)
async def test_wrong_filters_are_refused(
    api: httpx.AsyncClient, asked: dict[str, str], code: str
):
    answer = await api.get("/v1/service-cases", params=asked)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code


async def test_old_closed_cases_are_deleted(
    desk: Desk, database_url: str, settings: Settings
):
    order = await desk.new_order("A1")
    numbers = [await open_case(desk, order["marketplace_id"]) for _ in range(3)]
    await edit_case(desk, numbers[0], state=9)
    await edit_case(desk, numbers[1], state=9)
    await fetched(desk, database_url)
    old = "UPDATE service_case SET sort_at = now() - %s WHERE marketplace_id = ANY(%s)"
    age = settings.keep_service_cases
    old_ones = [numbers[0], numbers[2]]
    await asyncio.to_thread(query, database_url, old, age, old_ones)

    async with open_database(database_url, SilentQueue()) as database:
        await delete_old_data(database, Storage(settings.uploads), settings)

    left = {case["marketplace_id"] for case in await cases(desk)}
    assert left == {numbers[1], numbers[2]}
