"""What is on sale before refeed comes is read first, and nothing equal is sent."""

from typing import Any

import pytest

from tests.drift.live_seller import import_listings, listing, put_on_sale
from tests.support.shop import Shop, open_shop, row


async def test_a_first_publication_sends_only_what_differs(seller: Shop) -> None:
    skus = [f"A{n}" for n in range(120)]
    await put_on_sale(seller, [listing(sku) for sku in skus])
    rows = [row(sku) for sku in skus]
    rows[3]["price"] = "189.90"
    await seller.upload([*rows, row("NEW")])
    publication = await seller.publish()
    sent = {(c["sku"], c["reason"]) for c in await seller.changes(publication)}
    assert sent == {("A3", "modified"), ("NEW", "new")}
    assert len(await seller.ledger()) == 2
    imports = await seller.api.get(f"/v1/stores/{seller.store_id}/listing-imports")
    (first,) = imports.json()["items"]
    assert (first["trigger"], first["state"]) == ("publication", "finished")
    assert first["counts"]["matched"] == 120


async def test_a_seller_whose_listings_match_sends_nothing(seller: Shop) -> None:
    await put_on_sale(seller, [listing("A"), listing("B")])
    await seller.upload([row("a"), row("B")])
    publication = await seller.publish()
    assert publication["counts"]["changes"] == 0
    assert await seller.ledger() == []


async def test_an_import_finds_listings_that_no_row_names_and_leaves_them(
    seller: Shop,
) -> None:
    await put_on_sale(seller, [listing("A"), listing("FOREIGN")])
    await seller.upload([row("A")])
    result = await import_listings(seller)
    assert result["listings"] == 2
    assert (result["counts"]["matched"], result["counts"]["unmatched"]) == (1, 1)
    await seller.publish()
    assert await seller.ledger() == []
    assert "FOREIGN" not in await seller.offers()


async def test_a_row_takes_over_an_unmatched_listing(seller: Shop) -> None:
    await put_on_sale(seller, [listing("A"), listing("B")])
    await seller.upload([row("A")])
    await seller.publish()
    await seller.upload([row("A"), row("B", quantity=2)])
    publication = await seller.publish()
    (change,) = await seller.changes(publication)
    assert (change["sku"], change["reason"]) == ("B", "modified")
    assert (change["before"], change["after"]) == ({"quantity": 5}, {"quantity": 2})


async def test_a_catalog_without_it_never_zeroes_an_unmatched_listing(
    seller: Shop,
) -> None:
    await put_on_sale(seller, [listing("A"), listing("B")])
    await seller.upload([row("A")])
    await seller.publish()
    await seller.upload([row("A", quantity=4)])
    await seller.publish()
    assert (await seller.listings())["B"]["quantity"] == 5


async def test_a_row_that_left_before_its_first_run_is_set_to_zero(
    seller: Shop,
) -> None:
    await put_on_sale(seller, [listing("A"), listing("B")])
    await seller.upload([row("A"), row("B")])
    await seller.upload([row("A")])
    publication = await seller.publish()
    (change,) = await seller.changes(publication)
    assert (change["sku"], change["reason"]) == ("B", "disappeared")
    assert (await seller.listings())["B"]["quantity"] == 0


async def test_prices_that_would_fall_far_are_held_on_the_first_run(
    api: Any, worker: Any, sandbox_url: str
) -> None:
    shop = await open_shop(api, sandbox_url, imported=False, brake={})
    skus = [f"A{n}" for n in range(60)]
    await put_on_sale(shop, [listing(sku, price="300.00") for sku in skus])
    await shop.upload([row(sku, price="3.00") for sku in skus])
    publication = await shop.publish()
    outcomes = {c["outcome"] for c in await shop.changes(publication)}
    assert outcomes == {"held"}
    assert {each["price"] for each in (await shop.listings()).values()} == {"300.00"}


async def test_a_price_below_the_listings_minimum_price_is_held(seller: Shop) -> None:
    await put_on_sale(seller, [listing("A", price="199.90", min_price="190.00")])
    await seller.upload([row("A", price="185.00")])
    publication = await seller.publish()
    (change,) = await seller.changes(publication)
    assert (change["outcome"], change["code"]) == ("held", "below_floor")


@pytest.mark.parametrize("quantity", [2, 5, 9])
async def test_nothing_is_sent_to_a_listing_of_another_grade(
    seller: Shop, quantity: int
) -> None:
    await put_on_sale(seller, [listing("A", grade="FAIR", price="99.00")])
    await seller.upload([row("A", grade="EXCELLENT", quantity=quantity)])
    publication = await seller.publish()
    (change,) = await seller.changes(publication)
    assert change["outcome"] == "rejected"
    assert (change["before"]["grade"], change["after"]["grade"]) == (
        "FAIR",
        "EXCELLENT",
    )
    assert await seller.ledger() == []


async def test_a_listing_without_a_price_in_the_market_is_not_live_there(
    seller: Shop,
) -> None:
    await put_on_sale(seller, [listing("A", price=None)])
    await seller.upload([row("A")])
    publication = await seller.publish()
    (change,) = await seller.changes(publication)
    assert change["reason"] == "new"


async def test_a_refused_token_fails_the_import_and_the_run_that_waits(
    seller: Shop,
) -> None:
    await seller.fault("token_refused")
    await seller.upload([row("A")])
    publication = await seller.publish()
    assert publication["state"] == "failed"
    assert publication["reason"]["code"] == "token_refused"


async def test_a_plan_waits_for_the_import_and_says_so(seller: Shop) -> None:
    await put_on_sale(seller, [listing("A")])
    await seller.upload([row("A")])
    path = f"/v1/stores/{seller.store_id}/plans"
    answer = await seller.api.post(path, json={"kind": "offers"})
    plan = await seller.wait_for(answer.headers["Location"], ("ready", "failed"))
    assert plan["state"] == "ready"
    assert plan["counts"]["changes"] == 0


@pytest.mark.parametrize("imported_first", [False, True])
async def test_a_listing_whose_row_has_no_mapped_category_is_left_alone(
    seller: Shop, *, imported_first: bool
) -> None:
    await put_on_sale(seller, [listing("A"), listing("B")])
    if imported_first:
        await import_listings(seller)
    rows = [row("A"), row("B", category="Unheard of")]
    await seller.upload(rows)
    await seller.publish()
    await seller.upload([row("A", quantity=4), *rows[1:]])
    await seller.publish()
    await seller.upload([row("A", quantity=3)])
    await seller.publish()

    shown = {sku: each["quantity"] for sku, each in (await seller.listings()).items()}
    assert shown == {"A": 3, "B": 5}
