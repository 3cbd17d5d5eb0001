"""What only some markets have: yen, pronunciations, filters that lack a country."""

import pytest

FAR = "/accounts/far"


@pytest.fixture
async def far(shop, make_token):
    """The client becomes a seller of the platform AP, with a listing in Japan."""
    tokens = [make_token("far")]
    await shop.control("POST", "/accounts", id="far", platform="AP", tokens=tokens)
    shop.http.headers["Authorization"] = f"Basic {tokens[0]}"
    row = {"sku": "A1", "quantity": 5, "markets": {"JP": {"price": "41000"}}}
    await shop.control("POST", f"{FAR}/listings", listings=[row])
    return (await shop.get("/ws/listings/detail", "ja-jp", sku="A1")).json()


async def buy(shop, country):
    body = {"country": country, "lines": [{"sku": "A1"}]}
    return await shop.control("POST", f"{FAR}/orders", **body)


@pytest.mark.parametrize("field", ["price", "min_price"])
async def test_a_fraction_of_a_yen_is_refused_in_words(shop, far, field):
    yen = {"currency": "JPY"}

    refused = await shop.update(far["id"], "ja-jp", **{field: "40000.50"}, **yen)
    whole = await shop.update(far["id"], "ja-jp", **{field: "40000.00"}, **yen)
    seeded = await shop.http.patch(
        f"/_sandbox{FAR}/listings/A1", json={"markets": {"JP": {field: "9.5"}}}
    )

    assert refused.status_code == 400
    assert "whole amount of JPY" in refused.json()
    assert (whole.status_code, whole.json()[field]) == (200, "40000.00")
    assert seeded.status_code == 422


async def test_amounts_of_an_order_in_yen_are_whole(shop, far):
    await shop.update(far["id"], "ja-jp", price="41007", currency="JPY")

    order_id = (await buy(shop, "JP"))["order_id"]

    order = await shop.order(order_id, "ja-jp")
    (line,) = order["orderlines"]
    assert (order["price"], line["orderline_fee"]) == ("41007.00", "4101.00")
    assert isinstance(far["max_price"], int)


async def test_japanese_addresses_say_how_names_are_pronounced(shop, far):
    row = {"sku": "A1", "markets": {"AU": {"price": "400"}}}
    await shop.control("POST", f"{FAR}/listings", listings=[row])

    orders = [await buy(shop, country) for country in ("JP", "AU")]

    names = ("first_name_pronunciation", "last_name_pronunciation")
    for address in ("shipping_address", "billing_address"):
        japanese, australian = ([o[address][name] for name in names] for o in orders)
        assert all(japanese)
        assert australian == [None, None]


async def test_orders_can_be_filtered_by_australia_and_not_by_finland(shop):
    await shop.get("/ws/orders")
    await shop.place(count=2, countries=["FI", "FR"])

    async def count(code):
        answer = await shop.get("/ws/orders", country_code=code)
        return answer.status_code, answer.json().get("count")

    assert await count("en-au") == (200, 0)
    assert await count("fr-fr") == (200, 1)
    assert await count("fi-fi") == (400, None)
    assert (await shop.get("/ws/orders")).json()["count"] == 2
    await shop.control("PATCH", "/options", unknown_country_code="empty")
    assert await count("fi-fi") == (200, 0)
