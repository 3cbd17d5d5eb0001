"""A store leaves its country: its listings go to 0, or stay, and the report says so."""

from typing import Any

import httpx
import pytest

from app.settings import Settings
from tests.publications.watching import eventually, stock
from tests.support.shop import Shop, fresh_token, open_shop, row
from tests.support.stack import query

ENDS = ("done", "failed", "cancelled")


@pytest.fixture
async def german(shop: Shop) -> Shop:
    """A second store with the same token."""
    return await open_shop(shop.api, shop.sandbox_url, country="DE", token=shop.token)


async def leave(shop: Shop, path: str = "", **query: str) -> dict[str, Any]:
    """Order a departure and follow it to its end."""
    answer = await shop.api.delete(f"/v1/stores/{shop.store_id}{path}", params=query)
    assert answer.status_code in {200, 202}, answer.text
    if answer.status_code == 202:
        return await shop.wait_for(answer.headers["Location"], ENDS)
    return dict(answer.json())


async def staying(shop: Shop, departure: dict[str, Any]) -> dict[str, Any]:
    path = f"/v1/departures/{departure['id']}/listings"
    return {each["sku"]: each for each in (await shop.api.get(path)).json()["items"]}


async def offer_everywhere(shop: Shop, german: Shop) -> None:
    """A and B in both countries, OWN only in France."""
    await shop.upload([row("A"), row("B"), row("OWN"), row("OWN2")])
    await german.upload([row("A", price="120.00"), row("B")])
    for each in (shop, german):
        await each.publish()


async def test_a_store_that_leaves_sets_only_its_own_skus_to_0(
    shop: Shop, german: Shop
):
    await offer_everywhere(shop, german)
    lines = len(await shop.ledger())

    left = await leave(shop, "/activation", offers="zero")

    assert (left["state"], left["action"], left["reason"]) == (
        "done",
        "deactivate",
        None,
    )
    assert left["counts"] == {
        "zeroed": 2,
        "sold_by_sibling": 2,
        "unmatched": 0,
        "live_in_other_market": 0,
        "left": 0,
        "not_zeroed": 0,
    }
    assert await stock(shop) == {"A": 5, "B": 5, "OWN": 0, "OWN2": 0}
    sent = (await shop.ledger())[lines:]
    assert {each["sku"]: each["fields"] for each in sent} == {
        "OWN": {"quantity": 0},
        "OWN2": {"quantity": 0},
    }
    kept = await staying(shop, left)
    assert {
        sku: (each["reason"], each["countries"], each["quantity"])
        for sku, each in kept.items()
    } == {
        "A": ("sold_by_sibling", ["DE"], 5),
        "B": ("sold_by_sibling", ["DE"], 5),
    }


async def test_the_brake_does_not_hold_what_was_ordered(
    api: httpx.AsyncClient, worker: object, sandbox_url: str
):
    shop = await open_shop(api, sandbox_url, brake={})
    await shop.upload([row(f"S{n}") for n in range(30)])
    await shop.publish()

    left = await leave(shop, "/activation", offers="zero")

    assert left["counts"]["zeroed"] == 30
    assert set((await stock(shop)).values()) == {0}


async def test_a_deactivation_leaves_the_listings_by_default(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()
    lines = len(await shop.ledger())

    left = await leave(shop, "/activation")

    assert (left["state"], left["offers"]) == ("done", "leave")
    assert left["counts"]["left"] == 1
    assert await stock(shop) == {"A": 5}
    assert len(await shop.ledger()) == lines


async def test_a_store_that_is_activated_again_sells_as_before(shop: Shop):
    await shop.upload([row("A"), row("B", quantity=2)])
    await shop.publish()
    await leave(shop, "/activation", offers="zero")
    assert await stock(shop) == {"A": 0, "B": 0}

    await shop.api.put(f"/v1/stores/{shop.store_id}/activation")
    await shop.publish()

    assert await stock(shop) == {"A": 5, "B": 2}


async def test_the_last_of_two_stores_that_leave_sets_shared_skus_to_0(
    shop: Shop, german: Shop
):
    await offer_everywhere(shop, german)
    await leave(shop, "/activation", offers="zero")

    left = await leave(german, "/activation", offers="zero")

    assert left["counts"]["zeroed"] == 2
    assert set((await stock(shop)).values()) == {0}


async def test_skus_of_a_sibling_that_was_left_on_sale_stay(shop: Shop, german: Shop):
    await offer_everywhere(shop, german)
    await leave(german, "/activation", offers="leave")

    left = await leave(shop, "/activation", offers="zero")

    assert left["counts"]["sold_by_sibling"] == 2
    assert await stock(shop) == {"A": 5, "B": 5, "OWN": 0, "OWN2": 0}


async def test_skus_of_a_sibling_that_was_never_imported_stay(shop: Shop):
    """German buyers see B, and the German store is about to sell A."""
    await shop.upload([row("A"), row("B"), row("OWN")])
    await shop.publish()
    path = f"/accounts/{shop.account}/listings/B"
    await shop.sandbox("PATCH", path, json={"markets": {"DE": {"price": "150.00"}}})
    german = await open_shop(
        shop.api, shop.sandbox_url, country="DE", token=shop.token, imported=False
    )
    await german.upload([row("A")])

    left = await leave(shop, "/activation", offers="zero")

    assert (left["state"], left["counts"]["zeroed"]) == ("done", 1)
    assert await stock(shop) == {"A": 5, "B": 5, "OWN": 0}
    kept = await staying(shop, left)
    assert {sku: (each["reason"], each["countries"]) for sku, each in kept.items()} == {
        "A": ("sold_by_sibling", ["DE"]),
        "B": ("sold_by_sibling", ["DE"]),
    }


async def test_unmatched_listings_are_left_and_counted(shop: Shop, sql):
    await shop.upload([row("A"), row("HAND")])
    await shop.publish()
    await sql("UPDATE offer SET desired_state = 'unmatched' WHERE sku = 'HAND'")

    left = await leave(shop, "/activation", offers="zero")

    assert (left["counts"]["zeroed"], left["counts"]["unmatched"]) == (1, 1)
    assert await stock(shop) == {"A": 0, "HAND": 5}
    assert (await staying(shop, left))["HAND"]["reason"] == "unmatched"


async def test_a_store_that_led_the_shared_stock_may_leave(shop: Shop, german: Shop):
    await offer_everywhere(shop, german)
    (account,) = (await shop.api.get("/v1/seller-accounts")).json()["items"]
    path = f"/v1/seller-accounts/{account['id']}"
    policy = {"shared_quantity": f"store:{shop.store_id}"}
    assert (await shop.api.patch(path, json=policy)).status_code == 200

    left = await leave(shop, offers="zero")

    assert left["shared_quantity"] == "min"
    assert (await shop.api.get(path)).json()["shared_quantity"] == "min"
    assert not left["account_deleted"]
    assert (await stock(shop))["A"] == 5


async def test_a_refused_token_does_not_stop_a_deletion(shop: Shop):
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    await shop.fault("token_refused")

    left = await leave(shop, offers="zero")

    assert (left["state"], left["reason"]["code"]) == ("done", "token_refused")
    assert left["counts"]["not_zeroed"] == 2
    assert {each["reason"] for each in (await staying(shop, left)).values()} == {
        "not_zeroed"
    }
    assert (await shop.api.get(f"/v1/stores/{shop.store_id}")).status_code == 404


async def test_a_refused_token_fails_a_deactivation_with_its_reason(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()
    await shop.fault("token_refused")

    left = await leave(shop, "/activation", offers="zero")

    assert (left["state"], left["reason"]["code"]) == ("failed", "token_refused")
    assert left["counts"]["not_zeroed"] == 1
    activation = await shop.api.get(f"/v1/stores/{shop.store_id}/activation")
    assert not activation.json()["active"]


async def test_a_deletion_says_what_becomes_of_listings_that_are_online(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()
    path = f"/v1/stores/{shop.store_id}"

    refused = await shop.api.delete(path)
    left = await leave(shop, offers="leave")

    assert (refused.status_code, refused.json()["code"]) == (422, "offers_needed")
    assert left["counts"]["left"] == 1
    assert await stock(shop) == {"A": 5}
    assert (await shop.api.get(path)).status_code == 404


async def test_a_store_is_deleted_during_a_run(shop: Shop):
    await shop.upload([row("A"), row("B")])
    await shop.hold_answer(method="POST", path="/ws/listings")
    run = await shop.publish(wait=False)
    await shop.wait_for(f"/v1/publications/{run['id']}", ("sending", "waiting"))

    answer = await shop.api.delete(
        f"/v1/stores/{shop.store_id}", params={"offers": "leave"}
    )
    await shop.clear_faults()
    left = await shop.wait_for(answer.headers["Location"], ENDS)

    assert (answer.status_code, left["state"]) == (202, "done")


async def test_the_same_order_twice_is_one_departure(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()
    await shop.hold_answer(method="POST", path="/ws/listings/*")
    path = f"/v1/stores/{shop.store_id}"

    orders = [
        await shop.api.delete(f"{path}/activation", params={"offers": "zero"}),
        await shop.api.delete(f"{path}/activation", params={"offers": "zero"}),
        await shop.api.delete(f"{path}/activation"),
        await shop.api.delete(path, params={"offers": "zero"}),
        await shop.api.delete(f"{path}/activation", params={"offers": "leave"}),
    ]
    activated = await shop.api.put(f"{path}/activation")
    await shop.clear_faults()
    await shop.wait_for(orders[-1].headers["Location"], ENDS)

    ids = [each.json()["id"] for each in orders]
    assert ids == [ids[0]] * 3 + [ids[3]] * 2
    assert (activated.status_code, activated.json()["code"]) == (409, "store_leaves")
    first = (await shop.api.get(f"/v1/departures/{ids[0]}")).json()
    assert (first["state"], first["reason"]["code"]) == ("cancelled", "replaced")
    listed = await shop.api.get("/v1/departures", params={"store_id": shop.store_id})
    assert [each["id"] for each in listed.json()["items"]] == [ids[3], ids[0]]
    assert await stock(shop) == {"A": 0}


async def test_an_activation_cancels_what_was_not_sent(shop: Shop):
    await shop.upload([row("A"), row("B")])
    await shop.publish()
    await shop.fault("unavailable", method="POST", path="/ws/listings/*")
    path = f"/v1/stores/{shop.store_id}/activation"
    answer = await shop.api.delete(path, params={"offers": "zero"})

    await shop.api.put(path)
    await shop.clear_faults()
    left = await shop.wait_for(answer.headers["Location"], ENDS)
    await shop.publish()

    assert (left["state"], left["reason"]["code"]) == ("cancelled", "store_activated")
    assert await stock(shop) == {"A": 5, "B": 5}


async def busy(shop: Shop, rows: list[dict[str, object]], seconds: int) -> str:
    """A run whose batch Back Market takes its time for."""
    await shop.fault("slow_task", seconds=seconds, count=1)
    await shop.upload(rows)
    run = await shop.publish(wait=False)
    path = f"/v1/publications/{run['id']}"

    async def sent() -> bool:
        calls = await shop.api.get(f"{path}/submissions")
        return any(call["state"] == "sent" for call in calls.json()["items"])

    await eventually(sent)
    return path


MANY = [row(f"P{n}") for n in range(30)]


async def test_a_departure_overtakes_a_run_that_occupies_the_account(
    shop: Shop, german: Shop
):
    await shop.upload(MANY)
    await german.upload([row("S"), row("T")])
    for each in (shop, german):
        await each.publish()
    run = await busy(shop, [entry | {"price": "150.00"} for entry in MANY], 600)

    left = await leave(german, "/activation", offers="zero")

    assert (left["state"], left["counts"]["zeroed"]) == ("done", 2)
    now = await stock(shop)
    assert (now["S"], now["T"], now["P0"]) == (0, 0, 5)
    assert (await shop.api.get(run)).json()["state"] in {"sending", "waiting"}


async def test_stock_that_a_run_of_the_store_still_raises_goes_to_0_as_well(
    shop: Shop,
):
    await shop.upload(MANY)
    await shop.publish()
    await busy(shop, [entry | {"quantity": 9} for entry in MANY], 3)

    left = await leave(shop, "/activation", offers="zero")

    assert (left["state"], left["reason"]) == ("done", None)
    assert set((await stock(shop)).values()) == {0}


async def test_an_empty_catalog_is_still_rejected(shop: Shop):
    await shop.upload([row("A")])
    await shop.publish()

    assert (await shop.upload([]))["state"] == "rejected"


async def test_a_store_without_a_token_is_deleted(api: httpx.AsyncClient, worker):
    made = await api.post("/v1/stores", json={"name": "A", "country": "FR"})
    shop = Shop(api, "", made.json()["id"], fresh_token(), "")

    left = await leave(shop, offers="zero")

    assert (left["state"], left["account_deleted"]) == ("done", False)


async def test_a_larger_catalog_is_zeroed_hour_by_hour(
    api: httpx.AsyncClient, worker, sandbox_url: str, hour_passes
):
    shop = await open_shop(api, sandbox_url)
    await shop.upload([row(f"S{n}") for n in range(12)])
    await shop.publish()
    (account,) = (await api.get("/v1/seller-accounts")).json()["items"]
    path = f"/v1/seller-accounts/{account['id']}"
    await api.patch(path, json={"lines_per_hour": 16})

    answer = await api.delete(
        f"/v1/stores/{shop.store_id}/activation", params={"offers": "zero"}
    )
    departure = answer.headers["Location"]
    first = (await shop.wait_for(departure, ("zeroing",)))["publication_id"]
    await shop.wait_for(f"/v1/publications/{first}", ("finished",))
    online = [sku for sku, left in (await stock(shop)).items() if left]
    await hour_passes()
    left = await shop.wait_for(departure, ENDS)

    assert len(online) == 8
    assert (left["state"], left["counts"]["zeroed"]) == ("done", 12)


async def test_files_and_jobs_of_a_deleted_store_are_gone(
    shop: Shop, settings: Settings
):
    await shop.upload([row("A1"), row("BAD", ean="1")])
    folder = settings.uploads / shop.store_id
    assert len(list(folder.iterdir())) == 1

    await leave(shop)

    assert not folder.exists()
    assert settings.database_url
    url = settings.database_url.get_secret_value()
    statement = "SELECT kind FROM job WHERE state <> 'done'"
    assert query(url, statement) == []
