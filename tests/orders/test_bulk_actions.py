"""Many actions in one request: each item as a request of its own, few statements."""

from typing import Any

import httpx
import pytest
from sqlalchemy import event

from app.access.service import ADMIN
from app.database import Database, open_database
from app.orders.bulk.items import item_request
from app.orders.bulk.service import request_actions
from tests.access.issuing import issue
from tests.idempotency.keyed import assert_repeated, key, make_store
from tests.orders.desk import ENDS, PARCEL, Desk, line_ids
from tests.support.shop import open_shop
from tests.support.stack import SilentQueue, query

PATH = "/v1/order-actions"


@pytest.fixture
async def idle(desk: Desk, worker) -> Desk:
    """A desk with fetched orders; actions stay open: no worker runs."""
    for skus in (("A1", "B2"), ("A1",), ("C3",)):
        await desk.buy(*skus)
    await desk.sync()
    await worker.stop()
    return desk


async def bulk(desk: Desk, *items: Any, **more: Any) -> dict[str, Any]:
    answer = await desk.api.post(PATH, json={"items": list(items)}, **more)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def accept(order: Any, **more: Any) -> dict[str, Any]:
    return {"order": order["marketplace_id"], "action": "accept", **more}


def codes(answer: dict[str, Any]) -> list[str | None]:
    return [(item["problem"] or {}).get("code") for item in answer["items"]]


def stored(url: str) -> list[Any]:
    return query(url, "SELECT count(*) FROM order_action")


async def test_actions_of_all_items_take_effect(desk: Desk):
    first, second = await desk.buy("A1"), await desk.buy("B2")
    await desk.sync()

    answer = await bulk(
        desk,
        {"order": first["order_id"], "action": "accept"},
        {"order": str(second["order_id"]), "action": "cancel"},
    )
    for item in answer["items"]:
        path = f"/v1/orders/{item['order_id']}/actions/{item['action_id']}"
        assert (await desk.shop.wait_for(path, ENDS))["state"] == "done"

    numbers = [item["marketplace_id"] for item in answer["items"]]
    assert numbers == [first["order_id"], second["order_id"]]
    assert [(await desk.order(n))["outcome"] for n in numbers] == ["open", "cancelled"]
    assert (answer["accepted"], answer["refused"]) == (2, 0)


async def test_a_bad_item_does_not_affect_the_others(idle: Desk):
    one, two, three = await idle.listed()
    items = [
        accept(one),
        "no object",
        {"order": two["id"], "action": "ship", **PARCEL},
        {"order": 1, "action": "accept"},
        {"order": two["id"], "action": "refund", "return_reason": 99},
        accept(three, version=99),
        accept(two, lines=[1]),
        accept(two, version=two["version"]),
    ]

    answer = await bulk(idle, *items)

    assert codes(answer) == [
        None,
        "invalid",
        "action_not_allowed",
        "not_found",
        "invalid",
        "precondition_failed",
        "unknown_line",
        None,
    ]
    problems = [item["problem"] for item in answer["items"]]
    assert problems[2]["allowed_actions"][0]["action"] == "accept"
    assert problems[4]["errors"][0]["pointer"] == "/items/4/return_reason"
    assert problems[5]["current"] == str(three["version"])
    assert [problem["status"] for problem in problems if problem] == [
        *(422, 409, 404, 422, 412, 422)
    ]
    assert (answer["accepted"], answer["refused"]) == (2, 6)
    listed = await idle.api.get(f"/v1/orders/{two['id']}/actions")
    assert [each["id"] for each in listed.json()["items"]] == [
        answer["items"][7]["action_id"]
    ]


async def test_an_order_named_twice_is_answered_as_two_requests(idle: Desk):
    order = next(o for o in await idle.listed() if len(o["lines"]) == 2)
    first, second = line_ids(order)

    answer = await bulk(
        idle,
        accept(order, lines=[first]),
        {"order": order["id"], "action": "cancel", "lines": [second]},
        accept(order, lines=[first]),
        {"order": order["id"], "action": "cancel"},
    )

    ids = [item["action_id"] for item in answer["items"]]
    assert codes(answer) == [None, None, None, "action_open"]
    assert ids[0] == ids[2] != ids[1]
    assert answer["items"][3]["problem"]["action_id"] == ids[0]


async def test_a_dry_run_stores_nothing(idle: Desk, database_url: str):
    one, two, _ = await idle.listed()
    items = [accept(one), accept(two, lines=[1]), {**accept(one), "action": "cancel"}]

    dry = await bulk(idle, *items, params={"dry_run": "true"})
    wet = await bulk(idle, *items)

    assert codes(dry) == codes(wet) == [None, "unknown_line", "action_open"]
    assert (dry["dry_run"], wet["dry_run"]) == (True, False)
    assert dry["items"][0]["action_id"] is None
    assert dry["items"][2]["problem"]["action_id"] is None
    assert stored(database_url) == [(1,)]


async def test_each_accepted_item_has_an_audit_entry(idle: Desk):
    one, two, _ = await idle.listed()

    await bulk(idle, accept(one), accept(two, version=99))

    asked = {"action": "order.action_requested"}
    entries = (await idle.api.get("/v1/audit", params=asked)).json()["items"]
    assert [entry["subject_id"] for entry in entries] == [one["id"]]
    after = {each["path"]: each["after"] for each in entries[0]["differences"]}
    assert after == {"/action": "accept", "/lines": line_ids(one)}


async def test_a_repeat_with_the_same_key_has_the_same_answer(
    idle: Desk, database_url: str
):
    one, *_ = await idle.listed()
    headers, body = key(), {"items": [accept(one), {"order": 5, "action": "accept"}]}

    first = await idle.api.post(PATH, json=body, headers=headers)
    query(database_url, "DELETE FROM order_action")
    again = await idle.api.post(PATH, json=body, headers=headers)

    assert_repeated(again, first)
    assert stored(database_url) == [(0,)]


async def test_a_number_of_two_accounts_is_ambiguous(
    idle: Desk, api: httpx.AsyncClient, sandbox_url: str, database_url: str
):
    other = await open_shop(api, sandbox_url, active=False)
    one, *_ = await idle.listed()
    query(
        database_url,
        "INSERT INTO sales_order SELECT (jsonb_populate_record(o, jsonb_build_object("
        "'id', gen_random_uuid(), 'account_id', s.account_id))).* "
        "FROM sales_order AS o, store AS s WHERE o.id = %s AND s.id = %s",
        one["id"],
        other.store_id,
    )

    by_number = await bulk(idle, accept(one))
    by_id = await bulk(idle, {"order": one["id"], "action": "accept"})

    assert (codes(by_number), codes(by_id)) == (["ambiguous_order"], [None])


@pytest.mark.parametrize("items", [[], [{}] * 101], ids=["none", "101"])
async def test_a_request_has_1_to_100_items(api: httpx.AsyncClient, items: list[Any]):
    answer = await api.post(PATH, json={"items": items})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "items"


async def statements_for(database: Database, numbers: list[int]) -> int:
    """How many statements a request for these orders executes."""
    items = [item_request({"order": n, "action": "accept"}, "") for n in numbers]
    count = 0

    def note(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    async with database.transaction() as tx:
        found = await request_actions(tx, ADMIN, items, dry_run=False)
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert [outcome.problem for outcome in found] == [None] * len(numbers)
    return count


async def test_a_hundred_items_take_as_many_statements_as_two(
    idle: Desk, database_url: str
):
    one, *_ = await idle.listed()
    copies = (
        "WITH copied AS (INSERT INTO sales_order SELECT (jsonb_populate_record(o, "
        "jsonb_build_object('id', gen_random_uuid(), 'marketplace_id', n))).* "
        "FROM sales_order AS o, generate_series(1, 102) AS n WHERE o.id = %s "
        "RETURNING id, marketplace_id) "
        "INSERT INTO sales_order_line (order_id, marketplace_id, position, state, "
        "sku, quantity) SELECT id, marketplace_id, 0, 1, 'A1', 1 FROM copied"
    )
    query(database_url, copies, one["id"])

    async with open_database(database_url, SilentQueue()) as database:
        two = await statements_for(database, [101, 102])
        hundred = await statements_for(database, [*range(1, 101)])

    assert hundred == two <= 10
    assert stored(database_url) == [(102,)]


async def test_actions_on_several_orders_are_read_at_once(
    desk: Desk, api: httpx.AsyncClient
):
    bought = [await desk.buy("A1"), await desk.buy("B2")]
    await desk.sync()
    items = [{"order": each["order_id"], "action": "accept"} for each in bought]
    ids = [item["action_id"] for item in (await bulk(desk, *items))["items"]]

    found = (await desk.api.get(PATH, params={"id": ids})).json()["items"]
    none = (await desk.api.get(PATH)).json()["items"]
    foreign = await issue(api, scope="read", store_ids=[await make_store(api)])
    headers = {"Authorization": f"Bearer {foreign}"}
    hidden = await desk.api.get(PATH, params={"id": ids}, headers=headers)

    assert [each["id"] for each in found] == ids
    numbers = [each["marketplace_id"] for each in found]
    assert numbers == [each["order_id"] for each in bought]
    assert none == hidden.json()["items"] == []
