"""Competitors of a listing: one entry per market where it is online."""

import pytest

PATH = "/ws/backbox/v1/competitors"


@pytest.fixture
async def listing(shop):
    """A listing that is online in France and Britain, and offline in Germany."""
    await shop.get("/ws/listings")
    markets = {
        "FR": {"price": "249.00", "min_price": "230"},
        "GB": {"price": "219.00", "price_to_win": "199", "winner_price": "198.50"},
        "DE": {"price": "250.00", "max_price": 200},
    }
    rows = [{"sku": "A1", "quantity": 3, "markets": markets}]
    await shop.control("POST", "/accounts/account-1/listings", listings=rows)
    return (await shop.get("/ws/listings/detail", sku="A1")).json()


async def test_each_market_has_the_sellers_own_offer_and_the_price_to_win(
    shop, listing
):
    french, british = (await shop.get(f"{PATH}/{listing['id'].upper()}")).json()

    assert french == {
        "listing_id": listing["id"],
        "product_id": listing["product_id"],
        "market": "FR",
        "price": {"amount": "249.00", "currency": "EUR"},
        "min_price": {"amount": "230.00", "currency": "EUR"},
        "price_to_win": {"amount": "249.00", "currency": "EUR"},
        "winner_price": {"amount": "249.00", "currency": "EUR"},
        "is_winning": True,
    }
    assert british == {
        "listing_id": listing["id"],
        "product_id": listing["product_id"],
        "market": "GB",
        "price": {"amount": "219.00", "currency": "GBP"},
        "min_price": None,
        "price_to_win": {"amount": "199.00", "currency": "GBP"},
        "winner_price": {"amount": "198.50", "currency": "GBP"},
        "is_winning": False,
    }


async def test_a_lower_price_wins(shop, listing):
    fields = {"price": "198.99", "currency": "GBP"}
    await shop.update(listing["id"], "en-gb", **fields)

    _, british = (await shop.get(f"{PATH}/{listing['id']}")).json()

    assert british["is_winning"]


async def test_integers_unknown_and_offline_listings_are_not_found(shop, listing):
    unknown = "00000000-0000-4000-a000-000000000000"
    wrong = [
        (await shop.get(f"{PATH}/{reference}")).status_code
        for reference in (listing["listing_id"], unknown, "x")
    ]
    await shop.update(listing["id"], quantity=0)
    offline = await shop.get(f"{PATH}/{listing['id']}")

    assert wrong == [404] * 3
    assert offline.status_code == 404
    assert set(offline.json()) == {"error", "requestId"}


async def test_a_wrong_token_is_refused_without_a_body(shop, listing):
    answer = await shop.http.get(
        f"{PATH}/{listing['id']}", headers={"Authorization": ""}
    )

    assert (answer.status_code, answer.content) == (401, b"")


async def test_two_requests_a_second_are_answered(strict_shop):
    await strict_shop.one()
    listing = (await strict_shop.get("/ws/listings/detail", sku="A1")).json()

    async def status():
        return (await strict_shop.get(f"{PATH}/{listing['id']}")).status_code

    first = [await status() for _ in range(3)]
    strict_shop.now += 1
    later = await status()

    assert first == [200, 200, 429]
    assert later == 200
