"""Fault injection: answers, tasks, rows."""

import asyncio

import pytest
from pydantic import ValidationError

from app.sandbox.batches.tasks import Task, status_at
from app.sandbox.faults import Fault, FaultContext, Faults


@pytest.mark.parametrize(
    ("kind", "status", "media", "marks"),
    [
        ("throttled_json", 429, "application/json", "E008"),
        ("throttled_html", 429, "text/html", "cloudflare"),
        ("forbidden_html", 403, "text/html", "cloudflare"),
        ("bot_challenge", 403, "application/json", "bot-need-challenge"),
        ("bad_gateway", 502, "text/html", "Bad gateway"),
        ("unavailable", 503, "application/json", "unavailable"),
        ("token_refused", 401, "application/json", "error"),
    ],
)
async def test_a_response_can_be_replaced_before_any_effect(
    shop, kind, status, media, marks
):
    listing = await shop.one()
    await shop.fault(kind, count=1, method="post", path="/ws/listings/*")

    struck = await shop.update(listing["id"], quantity=9)
    seen = await shop.get(f"/ws/listings/{listing['id']}")
    again = await shop.update(listing["id"], quantity=9)

    assert struck.status_code == status
    assert struck.headers["content-type"].startswith(media)
    assert marks in struck.text
    assert seen.json() == listing
    assert again.status_code == 200


async def test_pages_of_the_cdn_have_a_ray_id(shop):
    await shop.fault("forbidden_html")

    headers = (await shop.get("/ws/listings")).headers

    assert headers["server"] == "cloudflare"
    assert headers["cf-ray"]


@pytest.mark.parametrize(
    ("envelope", "keys"),
    [
        ("v1", {"error", "requestId"}),
        ("v2", {"errors"}),
        ("v3", {"error", "status", "title", "type", "requestId"}),
        ("problem", {"type", "title", "status", "errors"}),
    ],
)
async def test_every_status_can_have_every_envelope(shop, envelope, keys):
    await shop.fault("answer", status=422, envelope=envelope, message="No.")

    answer = await shop.get("/ws/listings")

    assert answer.status_code == 422
    assert set(answer.json()) == keys


async def test_a_request_with_a_lost_response_takes_effect(shop):
    listing = await shop.one()
    await shop.fault("lost_answer", count=1)
    with pytest.raises(ConnectionResetError):
        await shop.update(listing["id"], quantity=9)
    await shop.fault("bad_gateway_after", count=1)
    struck = await shop.update(listing["id"], price="99.00")

    seen = (await shop.get(f"/ws/listings/{listing['id']}")).json()

    assert struck.status_code == 502
    assert (seen["quantity"], seen["price"]) == (9, "99.00")


async def test_a_request_dropped_before_processing_has_no_effect(shop):
    listing = await shop.one()
    await shop.fault("dropped_before", count=1)
    with pytest.raises(ConnectionResetError):
        await shop.update(listing["id"], quantity=9)

    seen = await shop.get(f"/ws/listings/{listing['id']}")

    assert seen.json() == listing


async def test_a_slow_response_is_delayed_and_complete(shop):
    await shop.fault("slow_answer", seconds=30, count=1)

    assert (await shop.get("/ws/listings")).status_code == 200
    assert shop.slept == [30]


async def test_a_slow_answer_is_sent_once_the_faults_are_cleared(shop, monkeypatch):
    asleep = asyncio.Event()

    async def sleep_through() -> None:
        asleep.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(shop, "sleep_through", sleep_through)
    await shop.fault("slow_answer", seconds=3600, count=1)
    answer = asyncio.create_task(shop.get("/ws/listings"))
    await asleep.wait()
    waited = not answer.done()

    await shop.http.delete("/_sandbox/faults")

    async with asyncio.timeout(60):
        assert (await answer).status_code == 200
    assert waited


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        pytest.param({"kind": "stuck_task"}, [0, 2, 2, 2], id="stuck"),
        pytest.param({"kind": "slow_task", "seconds": 50}, [0, 2, 2, 9], id="slow"),
        pytest.param({"kind": "failed_task"}, [0, 2, 8, 8], id="failed"),
        pytest.param(
            {"kind": "odd_status", "status": 7, "seconds": 30},
            [7, 7, 9, 9],
            id="odd for a while",
        ),
    ],
)
async def test_a_task_can_be_lost(shop, phone, fault, seen):
    await shop.control("POST", "/faults", **fault, count=1)
    lines = ";".join(phone) + "\n" + ";".join(map(str, phone.values()))
    number = (await shop.batch(lines)).json()["bodymessage"]

    statuses = []
    for pause in (1, 29, 30, 0):
        statuses.append((await shop.task(number))["action_status"])
        shop.now += pause

    applied = (await shop.get("/ws/listings")).json()["count"]
    assert statuses == seen
    assert applied == (seen[-1] == 9)


async def test_a_stuck_task_can_apply_its_rows_and_be_finished_by_the_control_api(
    shop, phone
):
    await shop.fault("stuck_task", applies=True, count=1)
    assert await shop.rows(phone) == {}
    await shop.fault("stuck_task", count=1)
    assert await shop.rows({**phone, "quantity": 8}) == {}
    before = (await shop.get("/ws/listings")).json()["results"][0]["quantity"]

    tasks = (await shop.control("GET", "/tasks"))["tasks"]
    for task in tasks:
        await shop.control("POST", f"/tasks/{task['task_id']}/finish")

    after = (await shop.get("/ws/listings")).json()["results"][0]["quantity"]
    assert (before, after) == (4, 8)
    assert (await shop.control("GET", "/ledger/summary"))["lines"] == 2


@pytest.mark.parametrize(
    ("shape", "entry"),
    [
        ("list", ["row: Not today"]),
        ("string", "row: Not today"),
        ("object", {"row": ["Not today"]}),
    ],
)
async def test_rows_can_be_rejected_by_sku_in_any_shape(shop, phone, shape, entry):
    more = {"sku": "bad-*", "message": "Not today", "shape": shape}
    await shop.fault("rejected_row", **more)

    result = await shop.rows(phone, {**phone, "sku": "BAD-1"})

    assert result["product_errors"] == {"BAD-1": entry}
    assert list(result["product_success"]) == ["A1"]


async def test_a_result_can_be_keyed_by_ean(shop, phone):
    await shop.fault("keyed_by_ean", count=1)

    result = await shop.rows(phone)

    assert list(result["product_success"]) == [phone["ean"]]


async def test_an_accepted_write_can_have_no_effect(shop):
    listing = await shop.one()
    await shop.fault("ignored_row", sku="A1", count=2)

    single = await shop.update(listing["id"], quantity=9)
    batch = await shop.rows({"sku": "A1", "quantity": 9})

    assert single.status_code == 200
    assert "A1" in batch["product_success"]
    assert (await shop.get(f"/ws/listings/{listing['id']}")).json() == listing
    results = (await shop.control("GET", "/ledger/summary"))["results"]
    assert results == {"created": 1, "ignored": 2}


def test_a_fault_skips_matches_and_applies_a_limited_number_of_times():
    faults = Faults(seed=0)
    faults.add(Fault(kind="bad_gateway", skip=1, count=2, path="/ws/tasks/*"))
    here = FaultContext("GET", "/ws/tasks/5")
    elsewhere = FaultContext("GET", "/ws/listings")

    assert faults.take({"bad_gateway"}, elsewhere) is None
    struck = [faults.take({"bad_gateway"}, here) is not None for _ in range(4)]
    assert struck == [False, True, True, False]
    assert faults.rules == []


def test_a_fault_with_a_probability_applies_about_that_often():
    faults = Faults(seed=1)
    faults.add(Fault(kind="bad_gateway", probability=0.25))

    struck = [
        faults.take({"bad_gateway"}, FaultContext("GET", "/")) for _ in range(1000)
    ]

    assert 200 < sum(fault is not None for fault in struck) < 300


def test_an_unknown_fault_is_refused():
    with pytest.raises(ValidationError):
        Fault(kind="bad_gateway", propability=1)


@pytest.mark.parametrize(
    ("now", "more", "status"),
    [
        (0, {}, 0),
        (1, {}, 2),
        (5, {"settled": True}, 9),
        (5, {"settled": True, "failure": "no"}, 8),
        (5, {"settled": True, "stuck": True}, 2),
        (1, {"odd_status": 3, "odd_until": 2}, 3),
    ],
)
def test_a_task_changes_from_to_do_to_done(now, more, status):
    task = Task(1, "a", "FR", {}, 0, 0, starts_at=1, ends_at=5, **more)

    assert status_at(task, now) == status
