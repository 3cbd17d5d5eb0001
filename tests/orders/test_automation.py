"""Automations of a store: what is accepted, once, and what is left to the merchant."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.orders.automating import OPEN_JOBS, automate, settled
from tests.orders.desk import ENDS, PARCEL, SYNCED, Desk, line_ids, states, until
from tests.support.pages import run_page
from tests.support.serving import served
from tests.support.shop import open_shop, row
from tests.support.stack import ADMIN_KEY, WorkerProcess, open_worker, query

ON = {"accept_orders": {}}


async def bought(desk: Desk, *skus: str, **more: Any) -> int:
    return int((await desk.buy(*skus, **more))["order_id"])


async def test_orders_that_stock_covers_are_accepted(desk: Desk, database_url: str):
    await desk.shop.upload([row("A1", quantity=1), row("B2", quantity=0)])
    assert (await automate(desk, **ON)).status_code == 200
    covered, uncovered = await bought(desk, "A1"), await bought(desk, "B2")

    await settled(desk, database_url)

    order = await desk.order(covered)
    (action,) = (await desk.api.get(f"/v1/orders/{order['id']}/actions")).json()[
        "items"
    ]
    assert states(order) == ["to_ship"]
    assert (action["action"], action["state"], action["rule"]) == (
        *("accept", "done"),
        "accept_orders",
    )
    assert states(await desk.order(uncovered)) == ["to_accept"]


async def test_an_automatic_action_is_in_the_audit_log_with_its_rule(
    desk: Desk, database_url: str
):
    await desk.shop.upload([row("A1", quantity=5)])
    await automate(desk, **ON)
    number = await bought(desk, "A1")

    await settled(desk, database_url)

    asked = {"action": "order.action_requested"}
    (entry,) = (await desk.api.get("/v1/audit", params=asked)).json()["items"]
    assert entry["actor"] == {"id": None, "name": "automation", "rule": "accept_orders"}
    assert entry["subject_id"] == (await desk.order(number))["id"]
    assert entry["store_id"] == desk.shop.store_id


async def test_nothing_is_accepted_by_default(desk: Desk, database_url: str):
    await desk.shop.upload([row("A1", quantity=5)])
    number = await bought(desk, "A1")

    await settled(desk, database_url)

    assert states(await desk.order(number)) == ["to_accept"]
    jobs = "SELECT count(*) FROM job WHERE kind = 'automate_orders'"
    assert query(database_url, jobs) == [(0,)]


async def test_a_piece_is_promised_once(desk: Desk, database_url: str):
    await desk.shop.upload([row("A1", quantity=2)])
    await automate(desk, **ON)
    numbers = [await bought(desk, "A1") for _ in range(3)]

    await settled(desk, database_url)
    await settled(desk, database_url)

    shown = [states(await desk.order(number)) for number in numbers]
    assert shown == [["to_ship"], ["to_ship"], ["to_accept"]]


async def test_a_later_catalog_covers_orders_that_wait(desk: Desk, database_url: str):
    await desk.shop.upload([row("A1", quantity=0)])
    await automate(desk, **ON)
    number = await bought(desk, "A1")
    await settled(desk, database_url)
    waiting = states(await desk.order(number))

    await desk.shop.upload([row("A1", quantity=4)])
    await settled(desk, database_url)

    assert (waiting, states(await desk.order(number))) == (["to_accept"], ["to_ship"])


async def test_stock_that_excludes_open_orders_covers_by_what_is_left(
    desk: Desk, database_url: str
):
    """A catalog after the order: one piece is left besides the one that was sold."""
    first = await bought(desk, "A1")
    await desk.sync()
    await desk.shop.upload([row("A1", quantity=1)])
    await automate(desk, **ON)
    second = await bought(desk, "A1")

    await settled(desk, database_url)

    assert states(await desk.order(first)) == ["to_ship"]
    assert states(await desk.order(second)) == ["to_accept"]


async def test_excluded_orders_are_left_to_the_merchant(desk: Desk, database_url: str):
    await desk.shop.upload([row(sku, quantity=9) for sku in ("A1", "B2", "C3")])
    rule = {"exclude_skus": ["a*"], "exclude_countries": ["de"], "max_price": "150.00"}
    await automate(desk, accept_orders=rule)
    by_sku = await bought(desk, "A1")
    by_price = await bought(desk, lines=[{"sku": "B2", "quantity": 2}])
    accepted = await bought(desk, "C3")

    await settled(desk, database_url)

    shown = [states(await desk.order(n)) for n in (by_sku, by_price, accepted)]
    assert shown == [["to_accept"], ["to_accept"], ["to_ship"]]


async def test_an_order_that_the_merchant_handles_is_left_alone(
    desk: Desk, database_url: str
):
    await desk.shop.upload([row("A1", quantity=9), row("B2", quantity=9)])
    order = await desk.new_order("A1", "B2")
    await desk.act(order, "accept", lines=line_ids(order)[:1])
    await automate(desk, **ON)

    await settled(desk, database_url)

    assert states(await desk.order(order["marketplace_id"])) == ["to_ship", "to_accept"]


async def test_a_refused_acceptance_is_not_repeated(desk: Desk, database_url: str):
    await desk.shop.upload([row("A1", quantity=9)])
    await automate(desk, **ON)
    await desk.shop.fault(
        "answer", path="/ws/orders/*", method="POST", status=400, envelope="v1"
    )
    number = await bought(desk, "A1")

    await settled(desk, database_url)
    await settled(desk, database_url)

    order = await desk.order(number)
    actions = (await desk.api.get(f"/v1/orders/{order['id']}/actions")).json()["items"]
    assert [action["state"] for action in actions] == ["refused"]


@pytest.mark.parametrize("step", ["automation.started", "automation.before_finish"])
async def test_a_run_survives_a_kill_at(
    api: httpx.AsyncClient,
    sandbox_url: str,
    settings: Settings,
    process: WorkerProcess,
    tmp_path: Path,
    step: str,
    database_url: str,
):
    desk = Desk(await open_shop(api, sandbox_url, automations=ON))
    await desk.stock()
    async with open_worker(settings):
        await desk.shop.upload([row("A1", quantity=1)])
    numbers = [await bought(desk, "A1") for _ in range(2)]
    asked = await desk.ask_sync()

    process.crash_at(step, tmp_path / "died")
    process.start()
    await desk.shop.wait_for(asked.headers["Location"], SYNCED)
    await until(lambda: asyncio.to_thread(query, database_url, OPEN_JOBS), [[(0,)]])

    orders = [await desk.order(number) for number in numbers]
    assert [states(order) for order in orders] == [["to_ship"], ["to_accept"]]
    assert await desk.deeds(orders[0]) == [(2, tuple(line_ids(orders[0])))]


async def test_the_lines_in_the_how_to_accept_an_order(desk: Desk, settings: Settings):
    await desk.shop.upload([row("A1", quantity=5)])
    number = await bought(desk, "A1")

    with served(settings) as (_, url):
        printed = await run_page(
            "how-to/automate-orders.md",
            REFEED_URL=url,
            STORE_ID=desk.shop.store_id,
            REFEED_KEY=ADMIN_KEY,
        )

    order = await desk.order(number)
    assert printed == [f"accept_orders order.action_requested {order['id']}"]


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (
            {"exclude_countries": ["XX"]},
            "automations.accept_orders.exclude_countries.0",
        ),
        ({"max_price": "-1"}, "automations.accept_orders.max_price"),
        ({"max_stock_age": "PT1M"}, "automations.accept_orders.max_stock_age"),
        ({"typo": 1}, "automations.accept_orders.typo"),
    ],
    ids=["country", "price", "age", "typo"],
)
async def test_a_wrong_rule_is_refused(desk: Desk, rule: dict[str, Any], field: str):
    answer = await automate(desk, accept_orders=rule)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def shipped_elsewhere(desk: Desk, number: int, tracking: str) -> None:
    """The merchant ships in Back Market's own pages."""
    lines = [{"sku": sku, "state": 3} for sku in ("A1",)]
    await desk.edit(number, orderlines=lines, tracking_number=tracking)


@pytest.mark.parametrize(
    ("tracking", "end", "code"),
    [("XY123456FR", "reconciled", None), ("OTHER", "refused", "shipped_otherwise")],
)
async def test_a_parcel_that_was_shipped_elsewhere_is_not_sent_again(
    desk: Desk, worker, settings: Settings, tracking: str, end: str, code: str | None
):
    order = await desk.new_order("A1")
    await desk.act(order, "accept")
    await desk.shop.fault("throttled_json", path="/ws/orders/*", method="POST", count=1)
    asked = await desk.ask(order, "ship", PARCEL)
    await desk.shop.wait_for(asked.headers["Location"], ("waiting",))
    await worker.stop()
    await desk.shop.clear_faults()
    posts = await desk.count_requests("/ws/orders/*", "POST")
    await shipped_elsewhere(desk, order["marketplace_id"], tracking)

    query_url = settings.database_url
    assert query_url
    query(
        query_url.get_secret_value(),
        "UPDATE seller_account SET paused_until = NULL",
    )
    async with open_worker(settings):
        await desk.sync()
        action = await desk.shop.wait_for(asked.headers["Location"], ENDS)

    assert (action["state"], action["code"]) == (end, code)
    assert await desk.counted(posts) == 0
    asked_log = {"action": "order.already_shipped"}
    (entry,) = (await desk.api.get("/v1/audit", params=asked_log)).json()["items"]
    assert entry["actor"]["rule"] == "already_shipped"
    assert entry["subject_id"] == order["id"]
