"""Orders arrive: all of them, once, the newer version wins, and nothing is lost."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from app.settings import Settings
from tests.orders.desk import Desk, states, until
from tests.support.shop import open_shop
from tests.support.stack import open_worker, query


async def test_every_order_is_stored_once(desk: Desk):
    seeded = await desk.seed(120)

    sync = await desk.sync()

    numbers = await desk.numbers()
    wanted = range(seeded["first_order_id"], seeded["last_order_id"] + 1)
    assert (sync["state"], sync["changed"]) == ("done", 120)
    assert sorted(numbers) == list(wanted)


async def test_a_second_sync_reads_only_the_window_and_changes_nothing(desk: Desk):
    await desk.seed(60, spacing=3600)
    await desk.sync()

    again = await desk.sync()

    assert again["state"] == "done"
    assert again["changed"] == 0
    assert again["read"] < 5


async def test_a_changed_order_is_updated(desk: Desk):
    order = await desk.new_order("A1", "B2")
    line = order["lines"][0]["id"]

    await desk.edit(order["marketplace_id"], orderlines=[{"id": line, "state": 2}])
    await desk.sync()

    now = await desk.order(order["marketplace_id"])
    assert states(now) == ["to_ship", "to_accept"]
    assert now["version"] == order["version"] + 1


async def test_an_older_version_does_not_replace_a_newer_one(desk: Desk):
    order = await desk.new_order()
    number = order["marketplace_id"]

    await desk.edit(
        number, tracking_number="OLD", date_modification="2020-01-01T00:00:00Z"
    )
    await desk.seed(1)
    await desk.sync()

    assert (await desk.order(number))["tracking_number"] is None


@pytest.mark.parametrize("event", ["order_moves", "order_leaves", "order_arrives"])
async def test_a_list_that_changes_while_paging_is_read_to_the_end(
    desk: Desk, event: str
):
    """Whatever the seller account has at the end is here as well."""
    await desk.seed(120)
    await desk.shop.fault(event, path="/ws/orders", count=2)

    sync = await desk.sync()

    known = await desk.shop.sandbox(
        "GET", "/orders", params={"account": desk.shop.account, "limit": "1000"}
    )
    there = {o["order_id"] for o in known["orders"] if o["state"] not in {0, 8}}
    assert sync["state"] == "done"
    assert len(there) >= 118
    assert there <= set(await desk.numbers())


async def test_a_page_past_the_end_ends_the_sync(desk: Desk):
    await desk.seed(60)
    await desk.shop.fault(
        "answer", path="/ws/orders", status=404, envelope="v1", skip=1, count=1
    )

    assert (await desk.sync())["state"] == "done"


async def test_unusual_values_are_stored(desk: Desk):
    bought = await desk.buy("A1")
    number = bought["order_id"]
    address = {
        "firstName": "Ada",
        "postalCode": "75003",
        "phoneNumber": "06",
        "city": "",
    }
    await desk.edit(
        number,
        state=77,
        price="",
        currency=None,
        shipper=17,
        billing_address=address,
        expected_dispatch_date="2026-02-05T23:59:59.123456",
        orderlines=[{"id": bought["orderlines"][0]["id"], "state": 42, "imei": None}],
    )
    await desk.edit(number, state=77)

    await desk.sync()

    order = await desk.order(number)
    assert (order["state"], order["state_code"]) == ("unknown", 77)
    assert (order["lines"][0]["state"], order["lines"][0]["state_code"]) == (
        "unknown",
        42,
    )
    assert order["price"] is None
    assert order["shipper"] in {"Colissimo", "17"}
    address = order["billing_address"]
    assert (address["first_name"], address["postal_code"], address["phone"]) == (
        "Ada",
        "75003",
        "06",
    )
    assert address["city"] is None
    assert order["allowed_actions"] == []


async def test_a_throttled_sync_waits_and_continues(desk: Desk, settings: Settings):
    await desk.seed(60)
    await desk.shop.fault("throttled_json", path="/ws/orders", skip=1, count=1)
    answer = await desk.ask_sync()
    path = answer.headers["Location"]
    waiting = await desk.shop.wait_for(path, ("waiting",))
    assert settings.database_url
    url = settings.database_url.get_secret_value()

    # In a thread: the worker that may hold the rows lives on this event loop.
    for change in (
        "UPDATE seller_account SET paused_until = NULL",
        "UPDATE job SET run_after = now() WHERE state = 'queued'",
    ):
        await asyncio.to_thread(query, url, change)
    done = await desk.shop.wait_for(path, ("done", "failed"))

    assert waiting["code"] == "throttled"
    assert (done["state"], len(await desk.numbers())) == ("done", 60)


async def test_a_refused_token_turns_the_light_red_and_ends_the_sync(desk: Desk):
    await desk.shop.fault("token_refused", path="/ws/*")

    failed = await desk.sync()

    light = (await desk.api.get(f"/v1/stores/{desk.shop.store_id}/lights")).json()
    assert (failed["state"], failed["code"]) == ("failed", "token_refused")
    assert light["connection"]["state"] == "red"


async def test_the_sync_continues_once_the_token_works(desk: Desk):
    await desk.seed(3)
    await desk.shop.fault("token_refused", path="/ws/*")
    await desk.sync()
    await desk.shop.clear_faults()

    account = (await desk.api.get("/v1/seller-accounts")).json()["items"][0]
    await desk.api.put(
        f"/v1/seller-accounts/{account['id']}/token", json={"token": desk.shop.token}
    )

    async def fetched() -> int:
        return len(await desk.numbers())

    assert await until(fetched, [3]) == 3


async def test_a_store_without_a_token_cannot_sync(api: httpx.AsyncClient):
    store = (await api.post("/v1/stores", json={"name": "x", "country": "FR"})).json()

    answer = await api.post(f"/v1/stores/{store['id']}/orders/sync")

    assert answer.status_code == 409
    assert answer.json()["code"] == "no_seller_account"


@pytest.mark.parametrize("interval", [timedelta(seconds=2)])
async def test_orders_are_synced_by_schedule(
    api: httpx.AsyncClient, sandbox_url: str, settings: Settings, interval: timedelta
):
    often = settings.model_copy(update={"orders_interval": interval})
    desk = Desk(await open_shop(api, sandbox_url, active=False))
    await desk.seed(2)

    async def fetched() -> int:
        return len(await desk.numbers())

    async with open_worker(often):
        assert await until(fetched, [2]) == 2
        await desk.seed(1)
        assert await until(fetched, [3]) == 3


async def test_addresses_are_never_logged(
    desk: Desk, capsys: pytest.CaptureFixture[str]
):
    order = await desk.new_order("A1", buyer={"street": "1 Canary Street"})
    assert order["shipping_address"]["street"] == "1 Canary Street"
    await desk.shop.fault("rejected_row", path="/ws/orders/*")

    await desk.act(order, "accept")

    logged = "".join(capsys.readouterr())
    assert "action.read_back" in logged
    assert "Canary" not in logged


@pytest.mark.parametrize(
    "orders_from", ["2026-03-01", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00+01:00"]
)
async def test_the_first_fetch_reads_orders_since_a_date(
    api: httpx.AsyncClient, worker: object, sandbox_url: str, orders_from: str
):
    desk = Desk(await open_shop(api, sandbox_url, orders_from=orders_from))
    for moment in ("2026-02-28T23:59:59Z", "2026-03-01T00:00:00Z"):
        number = (await desk.seed(1))["first_order_id"]
        await desk.edit(number, date_modification=moment)

    await desk.sync()

    settings = (await api.get(f"/v1/stores/{desk.shop.store_id}/settings")).json()
    assert settings["orders_from"] == "2026-03-01T00:00:00Z"
    modified = [order["modified_at"] for order in await desk.listed()]
    assert modified == ["2026-03-01T00:00:00Z"]


async def test_a_store_without_a_date_wants_all_orders_of_its_account(
    api: httpx.AsyncClient, worker: object, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url, orders_from="2100-01-01")
    await open_shop(api, sandbox_url, token=shop.token, country="DE")
    desk = Desk(shop)
    await desk.seed(2)

    sync = await desk.sync()

    assert sync["changed"] == 2
