"""Seeding listings by the control API: any product, several markets, thousands."""

import json

from app.sandbox.control.snapshot import dump
from app.sandbox.main import create_sandbox

UUID = "9c1f4a77-3f5e-4b39-8f3d-5b2d2a9e6c01"
ROW = {
    "sku": "A1",
    "quantity": 4,
    "grade": "FAIR",
    "title": "Demo Phone 128GB",
    "product_id": UUID,
    "backmarket_id": 543210,
    "markets": {
        "FR": {"price": "300", "min_price": "280", "publication_state": 2},
        "GB": {"price": "250", "publication_state": 3, "comment": "Fine"},
        "DE": {"publication_state": 0},
    },
}


async def seed(shop, *rows, status=200):
    await shop.get("/ws/listings")
    path = "/_sandbox/accounts/account-1/listings"
    answer = await shop.http.post(path, json={"listings": rows})
    assert answer.status_code == status, answer.text
    return answer.json()


async def seen(shop, locale="fr-fr", sku="A1"):
    return (await shop.get("/ws/listings/detail", locale, sku=sku)).json()


async def test_a_listing_is_seeded_with_its_product_and_markets(shop):
    await seed(shop, ROW)

    french, british, german = [
        await seen(shop, locale) for locale in ("fr-fr", "en-gb", "de-de")
    ]

    assert (french["product_id"], french["backmarket_id"]) == (UUID, 543210)
    assert (french["grade"], french["quantity"]) == ("FAIR", 4)
    assert [one["title"] for one in (french, german)] == ["Demo Phone 128GB"] * 2
    assert (french["price"], french["min_price"]) == ("300.00", "280.00")
    assert (british["price"], british["comment"]) == ("250.00", "Fine")
    states = [one["publication_state"] for one in (french, british, german)]
    assert states == [2, 3, 0]
    assert (await shop.control("GET", "/ledger"))["entries"] == []


async def test_ids_that_belong_to_two_products_are_refused(shop):
    await seed(shop, ROW, {"sku": "B2", "product_id": UUID, "backmarket_id": 543210})

    await seed(shop, {"sku": "C3", "product_id": UUID, "backmarket_id": 1}, status=422)

    assert (await seen(shop, sku="B2"))["product_id"] == UUID


async def test_a_seeded_listing_can_get_another_product(shop):
    await seed(shop, ROW)

    path = "/accounts/account-1/listings/A1"
    await shop.control("PATCH", path, backmarket_id=77, title="Another")

    listing = await seen(shop)
    assert (listing["backmarket_id"], listing["title"]) == (77, "Another")
    assert listing["product_id"] != UUID
    assert listing["price"] == "300.00"


async def test_thousands_of_listings_are_seeded_by_one_request(shop):
    rows = [
        {
            "sku": f"S{number}",
            "quantity": number % 5,
            "product_id": f"00000000-0000-4000-a000-{number:012}",
            "backmarket_id": 2_000_000 + number,
            "title": f"Phone {number}",
            "markets": {
                "FR": {"price": number % 900 + 10},
                "DE": {"price": number % 900 + 20},
            },
        }
        for number in range(5000)
    ]

    answer = await seed(shop, *rows)

    assert answer["seeded"] == 5000
    online = await shop.get("/ws/listings", "de-de", publication_state=2)
    assert online.json()["count"] == 4000
    last = await seen(shop, "de-de", "S4999")
    assert (last["backmarket_id"], last["price"]) == (2_004_999, "519.00")


async def test_a_sale_lowers_the_quantity_of_every_market(shop):
    await seed(shop, ROW)

    at = "2026-02-03T21:58:58Z"
    await shop.buy(("A1", 3), created_at=at)

    assert [(await seen(shop, code))["quantity"] for code in ("fr-fr", "en-gb")] == [
        1
    ] * 2
    (order,) = (await shop.get("/ws/orders", "en-gb")).json()["results"]
    assert order["date_creation"] == at


async def test_a_state_file_of_another_version_is_not_loaded(shop, tmp_path):
    markets = {"FR": {"price": "300", "price_to_win": "290"}}
    await seed(shop, ROW | {"markets": markets})
    snapshot = shop.sandbox.snapshot
    snapshot.path = tmp_path / "state.json"
    snapshot.save()
    listed = dump(create_sandbox(state_file=snapshot.path).state)
    snapshot.path.write_text(json.dumps(listed | {"version": 1}))

    other = create_sandbox(state_file=snapshot.path).state

    assert listed == dump(shop.sandbox.state)
    assert listed["accounts"][0]["listings"][0]["offers"]["FR"]["price_to_win"]
    assert dump(other)["accounts"] == []
