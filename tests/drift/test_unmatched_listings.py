"""Listings that no catalog row names are listed, and ignored or set to 0."""

from typing import Any

import pytest

from tests.access.issuing import issue
from tests.drift.drift_shop import edit
from tests.drift.live_seller import (
    decide,
    import_listings,
    listing,
    put_on_sale,
    unmatched,
    unmatched_skus,
)
from tests.support.shop import Shop, open_shop, row


async def sell(shop: Shop, *foreign: str) -> None:
    """One SKU is in the catalog; the others are on sale and in no catalog."""
    await put_on_sale(shop, [listing(sku) for sku in ("A", *foreign)])
    await shop.upload([row("A")])
    await import_listings(shop)


async def activate(shop: Shop) -> None:
    answer = await shop.api.put(f"/v1/stores/{shop.store_id}/activation")
    assert answer.status_code == 200, answer.text


async def quantities(shop: Shop) -> dict[str, int]:
    return {sku: each["quantity"] for sku, each in (await shop.listings()).items()}


async def test_a_listing_is_listed_with_what_it_shows(seller: Shop) -> None:
    await put_on_sale(
        seller,
        [listing("Old-1", title="iPhone 12", quantity=3, price="250.00"), listing("A")],
    )
    await seller.upload([row("A")])
    await import_listings(seller)
    page = await unmatched(seller)
    (found,) = page["items"]
    shown = {
        "sku": "Old-1",
        "title": "iPhone 12",
        "grade": "GOOD",
        "quantity": 3,
        "price": "250.00",
        "currency": "EUR",
        "publication_state": 2,
        "decision": None,
        "decided_at": None,
        "decided_by": None,
    }
    assert found.items() >= shown.items()
    assert found["listing_id"]
    totals = {"listings": 1, "units": 3, "undecided": 1, "ignore": 0, "zero": 0}
    assert page["totals"] == totals


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "old"}, ["OLD-1", "OLD-2"]),
        ({"q": "GALAXY"}, ["OLD-2"]),
        ({"q": "100%_"}, []),
        ({"grade": "FAIR"}, ["OLD-2"]),
        ({"decision": "ignore"}, ["OTHER"]),
        ({"decision": "undecided"}, ["OLD-1", "OLD-2"]),
        ({"q": "old", "grade": "GOOD"}, ["OLD-1"]),
    ],
)
async def test_listings_are_filtered_and_so_are_their_totals(
    seller: Shop, query: dict[str, str], found: list[str]
) -> None:
    await put_on_sale(
        seller,
        [
            listing("OLD-1", title="iPhone 12"),
            listing("OLD-2", title="Galaxy S21", grade="FAIR"),
            listing("OTHER", title="Pixel 6"),
        ],
    )
    await import_listings(seller)
    await decide(seller, skus=["OTHER"])
    page = await unmatched(seller, **query)
    assert [each["sku"] for each in page["items"]] == found
    assert page["totals"]["listings"] == len(found)
    assert page["totals"]["units"] == 5 * len(found)


async def test_pages_follow_each_other_with_the_totals_of_all(seller: Shop) -> None:
    await sell(seller, "X1", "X2", "X3")
    first = await unmatched(seller, limit="2")
    second = await unmatched(seller, limit="2", cursor=first["next"])
    skus = [each["sku"] for each in (*first["items"], *second["items"])]
    assert skus == ["X1", "X2", "X3"]
    assert second["next"] is None
    assert first["totals"] == second["totals"]
    assert first["totals"]["listings"] == 3


async def test_the_store_counts_them(seller: Shop) -> None:
    await sell(seller, "X1", "X2", "X3")
    await decide(seller, skus=["X2"])
    path = f"/v1/stores/{seller.store_id}"
    expected = {"listings": 3, "units": 15, "undecided": 2}
    assert (await seller.api.get(path)).json()["unmatched"] == expected
    stores = (await seller.api.get("/v1/stores")).json()["items"]
    (counts,) = [s["unmatched"] for s in stores if s["id"] == seller.store_id]
    assert counts == expected


async def test_zero_sets_a_listing_to_0_once_and_at_once(seller: Shop) -> None:
    await sell(seller, "X1", "X2")
    result = await decide(seller, skus=["x1 "], decision="zero")
    assert (result["decided"], result["unknown"]) == (1, [])
    publication = {"id": result["publication_id"]}
    (change,) = await seller.changes(publication)
    assert (change["sku"], change["reason"]) == ("X1", "disappeared")
    assert (change["lane"], change["after"]) == ("stock_down", {"quantity": 0})
    assert await quantities(seller) == {"A": 5, "X1": 0, "X2": 5}
    await import_listings(seller)
    await seller.publish()
    assert len(await seller.ledger()) == 1
    assert await unmatched_skus(seller) == ["X2"]


async def test_deciding_twice_changes_nothing_and_keeps_who_decided(
    seller: Shop,
) -> None:
    await sell(seller, "X1")
    await decide(seller, all=True, decision="ignore")
    (first,) = (await unmatched(seller))["items"]
    again = await decide(seller, all=True, decision="ignore")
    assert (again["decided"], again["unchanged"]) == (0, 1)
    assert (await unmatched(seller))["items"] == [first]
    assert first["decided_by"] == "admin key"
    await decide(seller, skus=["X1"], decision="zero")
    repeated = await decide(seller, skus=["X1"], decision="zero")
    assert (repeated["decided"], repeated["unchanged"]) == (0, 1)
    assert (repeated["unknown"], repeated["publication_id"]) == ([], None)


async def test_a_decision_names_the_key_that_made_it(seller: Shop) -> None:
    await sell(seller, "X1")
    key = await issue(
        seller.api, name="Back office", scope="write", store_ids=[seller.store_id]
    )
    path = f"/v1/stores/{seller.store_id}/unmatched-listings/decide"
    headers = {"Authorization": f"Bearer {key}"}
    answer = await seller.api.post(path, json={"all": True}, headers=headers)
    assert answer.status_code == 200, answer.text
    (decided,) = (await unmatched(seller))["items"]
    assert (decided["decision"], decided["decided_by"]) == ("ignore", "Back office")


async def test_unknown_skus_are_reported_and_the_others_decided(seller: Shop) -> None:
    await sell(seller, "X1")
    result = await decide(seller, skus=["X1", "A", "NEVER"], decision="ignore")
    assert (result["decided"], result["unknown"]) == (1, ["A", "NEVER"])


async def test_a_filter_decides_about_what_it_lists(seller: Shop) -> None:
    await put_on_sale(
        seller, [listing("X1"), listing("X2", grade="FAIR"), listing("Y", grade="FAIR")]
    )
    await import_listings(seller)
    result = await decide(seller, filter={"grade": "FAIR", "q": "x"}, decision="zero")
    assert result["decided"] == 1
    assert await quantities(seller) == {"X1": 5, "X2": 0, "Y": 5}


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "zero"},
        {"all": True, "skus": ["A"]},
        {"all": False},
        {"all": True, "decision": "sell"},
        {"skus": []},
        {"filter": {"title": "x"}},
    ],
)
async def test_a_decision_says_exactly_which_listings(
    api: Any, sandbox_url: str, body: dict[str, Any]
) -> None:
    shop = await open_shop(api, sandbox_url)
    path = f"/v1/stores/{shop.store_id}/unmatched-listings/decide"
    assert (await api.post(path, json=body)).status_code == 422


async def test_the_brake_does_not_hold_what_was_decided(
    api: Any, worker: Any, sandbox_url: str
) -> None:
    shop = await open_shop(api, sandbox_url, imported=False, brake={})
    foreign = [f"X{n:02}" for n in range(40)]
    kept = [f"A{n:02}" for n in range(60)]
    await put_on_sale(shop, [listing(sku) for sku in (*foreign, *kept)])
    await shop.upload([row(sku) for sku in kept])
    await import_listings(shop)
    await decide(shop, all=True, decision="zero")
    stock = await quantities(shop)
    assert {sku for sku, quantity in stock.items() if not quantity} == set(foreign)


async def test_the_brake_holds_what_a_catalog_named_after_the_decision(
    api: Any, worker: Any, sandbox_url: str
) -> None:
    shop = await open_shop(
        api, sandbox_url, imported=False, active=False, brake={"shrunk": None}
    )
    skus = [f"X{n:02}" for n in range(40)]
    await put_on_sale(shop, [listing(sku) for sku in skus])
    await import_listings(shop)
    await decide(shop, all=True, decision="zero")
    await shop.upload([row(sku) for sku in skus])
    await shop.upload([row(skus[0])])
    await activate(shop)
    publication = await shop.publish()
    assert {c["code"] for c in await shop.changes(publication)} == {"brake_zeroing"}
    assert set((await quantities(shop)).values()) == {5}


async def test_ignore_takes_a_zero_back_until_it_was_sent(
    api: Any, worker: Any, sandbox_url: str
) -> None:
    shop = await open_shop(api, sandbox_url, imported=False, active=False)
    await sell(shop, "X1")
    result = await decide(shop, all=True, decision="zero")
    assert (result["decided"], result["publication_id"]) == (1, None)
    assert (await unmatched(shop))["totals"]["zero"] == 1
    assert (await decide(shop, skus=["X1"], decision="ignore"))["decided"] == 1
    await activate(shop)
    await shop.publish()
    assert await quantities(shop) == {"A": 5, "X1": 5}
    (back,) = (await unmatched(shop))["items"]
    assert back["decision"] == "ignore"


async def test_a_listing_at_0_cannot_be_ignored_any_more(seller: Shop) -> None:
    await sell(seller, "X1")
    await decide(seller, skus=["X1"], decision="zero")
    result = await decide(seller, skus=["X1"], decision="ignore")
    assert (result["decided"], result["unknown"]) == (0, ["X1"])


async def test_a_row_takes_over_a_listing_that_was_set_to_zero(seller: Shop) -> None:
    await sell(seller, "X1")
    await decide(seller, skus=["X1"], decision="zero")
    await seller.upload([row("A"), row("X1", quantity=7)])
    publication = await seller.publish()
    (change,) = await seller.changes(publication)
    assert (change["sku"], change["reason"]) == ("X1", "modified")
    assert (change["before"], change["after"]) == ({"quantity": 0}, {"quantity": 7})
    await import_listings(seller)
    await seller.upload([row("A")])
    await seller.publish()
    assert (await unmatched(seller))["totals"]["listings"] == 0


@pytest.mark.parametrize("price", ["199.90", "abc"])
async def test_a_row_takes_over_a_listing_that_is_to_be_set_to_zero(
    api: Any, worker: Any, sandbox_url: str, price: str
) -> None:
    shop = await open_shop(api, sandbox_url, imported=False, active=False)
    await sell(shop, "X1")
    await decide(shop, all=True, decision="zero")
    await shop.upload([row("A"), row("X1", price=price)])
    await activate(shop)
    await shop.publish()
    assert await quantities(shop) == {"A": 5, "X1": 5}
    assert await unmatched_skus(shop) == []


async def test_the_list_follows_sales_and_prices(seller: Shop) -> None:
    await sell(seller, "X1", "X2", "X3")
    await edit(seller, "X1", quantity=0)
    await edit(seller, "X2", FR={"price": None})
    await edit(seller, "X3", quantity=2, FR={"price": "99.00"})
    await import_listings(seller)
    (left,) = (await unmatched(seller))["items"]
    assert (left["sku"], left["quantity"], left["price"]) == ("X3", 2, "99.00")


async def test_another_country_that_sells_the_sku_keeps_it_on_sale(
    api: Any, worker: Any, sandbox_url: str
) -> None:
    france = await open_shop(api, sandbox_url, imported=False)
    market = {"price": "199.90"}
    both = {"sku": "X1", "quantity": 5, "grade": "GOOD"}
    await put_on_sale(france, [both | {"markets": {"FR": market, "DE": market}}])
    await import_listings(france)
    germany = await open_shop(
        api, sandbox_url, country="DE", token=france.token, imported=False
    )
    await germany.upload([row("X1")])
    await germany.publish()
    result = await decide(france, skus=["X1"], decision="zero")
    publication = {"id": result["publication_id"]}
    (change,) = await france.changes(publication)
    assert (change["outcome"], change["code"]) == ("held", "active_in_sibling_store")
    assert await quantities(france) == {"X1": 5}


async def test_decisions_of_another_account_are_forgotten(
    api: Any, worker: Any, sandbox_url: str
) -> None:
    shop = await open_shop(api, sandbox_url, imported=False)
    await put_on_sale(shop, [listing("X1"), listing("X2")])
    await import_listings(shop)
    await decide(shop, skus=["X1"], decision="zero")
    await edit(shop, "X2", quantity=0)
    await import_listings(shop)
    other = await open_shop(api, sandbox_url, active=False, imported=False)
    await put_on_sale(other, [listing("X1"), listing("X2")])
    path = f"/v1/stores/{shop.store_id}/settings"
    body = {"environment": "sandbox", "token": other.token}
    answer = await api.put(path, json=body)
    assert answer.status_code == 200, answer.text
    await import_listings(shop)
    found = {each["sku"]: each["decision"] for each in (await unmatched(shop))["items"]}
    assert found == {"X1": None, "X2": None}
