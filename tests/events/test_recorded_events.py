"""Each change that others wait for is recorded as one event, with the change."""

import asyncio
from pathlib import Path

import pytest

from app.settings import Settings
from tests.events.recorded import data_of, recorded
from tests.orders.desk import Desk
from tests.support.shop import Shop, row
from tests.support.stack import WorkerProcess, query

ORDER_FIELDS = {
    *("seller_account_id", "order_id", "marketplace_id", "country", "state"),
    *("state_code", "outcome", "modified_at", "version", "path"),
}
LATER = "UPDATE seller_account SET created_at = now() + interval '1 hour'"
BRAKE = {"zeroing": {"percent": "10", "minimum": 1}}


async def test_an_imported_catalog_is_ready(shop: Shop, database_url: str):
    catalog = await shop.upload([row("A1"), row("B2", price="x")])
    again = await shop.upload([row("A1"), row("B2", price="x")])

    ready = data_of(database_url, "catalog.ready")
    assert [each["catalog_id"] for each in ready] == [catalog["id"], again["id"]]
    assert ready[0]["counts"] == catalog["counts"]
    assert ready[0]["store_id"] == shop.store_id
    assert (await shop.api.get(ready[0]["path"])).json()["id"] == catalog["id"]


async def test_an_unusable_catalog_is_rejected(shop: Shop, database_url: str):
    catalog = await shop.upload_bytes(b"\x00\x01\x02")

    (rejected,) = data_of(database_url, "catalog.rejected")
    assert rejected["catalog_id"] == catalog["id"]
    assert rejected["reason"]["code"] == catalog["rejection"]["code"]
    assert data_of(database_url, "catalog.ready") == []


async def test_a_catalog_of_which_the_worker_died_is_ready_once(
    shop_without_worker: Shop,
    process: WorkerProcess,
    tmp_path: Path,
    database_url: str,
):
    shop = shop_without_worker
    catalog = await shop.upload([row("A1")], wait=False)
    process.crash_at("import.before_commit", tmp_path / "died")
    assert recorded(database_url, "catalog.ready") == []

    process.crash_at("import.committed", tmp_path / "died")
    process.start()
    await shop.wait_for(f"/v1/catalogs/{catalog['id']}", ("ready",))

    ready = data_of(database_url, "catalog.ready")
    assert [each["catalog_id"] for each in ready] == [catalog["id"]]


async def test_a_publication_that_ended_says_how(shop: Shop, database_url: str):
    await shop.upload([row("A1"), row("B2")])

    run = await shop.publish()

    (finished,) = data_of(database_url, "publication.finished")
    assert finished["publication_id"] == run["id"]
    assert (finished["kind"], finished["state"]) == ("offers", "finished")
    assert finished["outcomes"] == {"accepted": 2}


async def test_changes_that_stay_held_are_one_event(shop: Shop, database_url: str):
    settings = (await shop.api.get(f"/v1/stores/{shop.store_id}/settings")).json()
    body = {"environment": "sandbox", "brake": settings["brake"] | BRAKE}
    path = f"/v1/stores/{shop.store_id}/settings"
    assert (await shop.api.put(path, json=body)).status_code == 200
    await shop.upload([row("A1"), row("B2"), row("C3")])
    await shop.publish()
    await shop.upload([row("A1")])

    run = await shop.publish()
    await shop.publish()

    (held,) = data_of(database_url, "publication.held")
    assert held["publication_id"] == run["id"]
    assert held["held"] == {"brake_zeroing": 2}
    types = [each["type"] for each in recorded(database_url)]
    assert types.index("publication.held") < len(types) - 1
    listed = (await shop.api.get(held["holds_path"])).json()["items"]
    assert {each["sku"] for each in listed} == {"B2", "C3"}


async def test_a_listing_import_that_ended_says_what_it_found(
    shop: Shop, database_url: str
):
    answer = await shop.api.post(f"/v1/stores/{shop.store_id}/listing-imports")
    done = await shop.wait_for(answer.headers["Location"], ("finished", "failed"))

    (finished,) = data_of(database_url, "listing_import.finished")
    assert finished["listing_import_id"] == done["id"]
    assert finished["state"] == "finished"
    assert finished["path"] == answer.headers["Location"]


async def test_a_refused_token_is_one_event_until_it_is_accepted(
    shop: Shop, database_url: str
):
    await shop.upload([row("A1")])
    await shop.fault("token_refused")
    first, second = await shop.publish(), await shop.publish()
    assert {first["state"], second["state"]} == {"failed"}

    (failed,) = data_of(database_url, "connection.failed")
    account = (await shop.api.get(failed["path"])).json()
    assert account["id"] == failed["seller_account_id"]
    assert failed["connection"] == "refused"

    await shop.clear_faults()
    healthy = "UPDATE seller_account SET connection = 'ok'"
    await asyncio.to_thread(query, database_url, healthy)
    await shop.fault("token_refused")
    await shop.publish()
    assert len(data_of(database_url, "connection.failed")) == 2


async def test_an_order_is_created_once_and_updated_per_change(
    desk: Desk, database_url: str
):
    order = await desk.new_order("A1")
    await desk.sync()
    await desk.edit(
        order["marketplace_id"],
        orderlines=[{"id": order["lines"][0]["id"], "state": 2}],
    )
    await desk.sync()
    await desk.sync()

    events = recorded(database_url, "order.created", "order.updated")
    assert [(e["type"], e["data"]["version"]) for e in events] == [
        ("order.created", 1),
        ("order.updated", 2),
    ]
    assert {each["data"]["order_id"] for each in events} == {order["id"]}


async def test_events_of_orders_have_no_data_of_buyers(desk: Desk, database_url: str):
    await desk.new_order("A1")

    (event,) = data_of(database_url, "order.created")
    assert event.keys() == ORDER_FIELDS | {"initial"}


async def test_of_orders_from_before_the_connection_only_open_ones_are_events(
    desk: Desk, database_url: str
):
    """They are marked; their later changes, and what is seen later, are events."""
    await asyncio.to_thread(query, database_url, LATER)
    await desk.seed(60, states=[9])
    opened = await desk.buy("A1")
    await desk.sync()
    at_first = recorded(database_url)

    (ended, *_) = [o for o in await desk.listed() if o["outcome"] != "open"]
    await desk.edit(ended["marketplace_id"], tracking_number="T 2")
    bought = await desk.buy("B2")
    await desk.sync()

    stored = await desk.listed()
    assert len(stored) == 62
    assert [(e["type"], e["data"]["initial"]) for e in at_first] == [
        ("order.created", True)
    ]
    assert at_first[0]["data"]["marketplace_id"] == opened["order_id"]
    later = recorded(database_url)[1:]
    assert {(e["type"], e["data"]["marketplace_id"]) for e in later} == {
        ("order.updated", ended["marketplace_id"]),
        ("order.created", bought["order_id"]),
    }
    assert [e["data"].get("initial") for e in later].count(False) == 1


async def test_orders_since_the_connection_are_events_even_if_they_have_ended(
    desk: Desk, database_url: str
):
    """The worker was away for long, or the sandbox is quick."""
    bought = await desk.buy("A1")
    ended = [{"id": bought["orderlines"][0]["id"], "state": 4}]
    await desk.edit(bought["order_id"], state=9, orderlines=ended)
    await desk.sync()

    (created,) = data_of(database_url, "order.created")
    assert (created["outcome"], created["initial"]) == ("cancelled", False)


@pytest.mark.parametrize(
    "step", ["orders.page_fetched", "orders.page_written", "orders.before_finish"]
)
async def test_orders_of_which_the_worker_died_have_one_event_each(
    shop_without_worker: Shop,
    settings: Settings,
    process: WorkerProcess,
    tmp_path: Path,
    database_url: str,
    step: str,
):
    desk = Desk(shop_without_worker)
    await desk.stock()
    await desk.seed(60)
    answer = await desk.ask_sync()

    process.crash_at(step, tmp_path / "died")
    process.start()
    await desk.shop.wait_for(answer.headers["Location"], ("done",))

    created = data_of(database_url, "order.created")
    assert len(created) == len({each["order_id"] for each in created}) == 60
    assert recorded(database_url, "order.updated") == []


async def test_an_order_becomes_due_once_for_each_reason(desk: Desk, database_url: str):
    order = await desk.new_order("A1")
    assert data_of(database_url, "order.due") == []

    async def due_after(change: str) -> list[str]:
        statement = f"UPDATE sales_order SET {change}"  # noqa: S608 - ours
        await asyncio.to_thread(query, database_url, statement)
        await desk.sync()
        await desk.sync()
        return [each["due"] for each in data_of(database_url, "order.due")]

    accept = await due_after("paid_at = now() - interval '25 hours'")
    ship = await due_after("dispatch_by = now() - interval '1 minute'")

    assert accept == ["not_accepted"]
    assert ship == ["not_accepted", "not_shipped"]
    due = data_of(database_url, "order.due")[0]
    assert due["order_id"] == order["id"]
    assert due.keys() == (ORDER_FIELDS - {"version"}) | {"due", "dispatch_by"}
