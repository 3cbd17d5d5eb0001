"""Reading and updating listings: markets, states, pages, errors."""

from decimal import Decimal

import pytest

from app.sandbox.listings.fields import currency_error, read_fields
from app.sandbox.listings.listing_model import Offer, publication_state
from app.sandbox.listings.shippers import SHIPPERS
from app.sandbox.markets import MARKETS


@pytest.mark.parametrize(
    ("offer", "quantity", "more", "state"),
    [
        pytest.param(Offer(), 5, {}, 0, id="no price"),
        pytest.param(Offer(price=Decimal(9)), 5, {}, 2, id="online"),
        pytest.param(Offer(price=Decimal(9)), 0, {}, 3, id="empty"),
        pytest.param(Offer(price=Decimal(11)), 5, {}, 3, id="above the cap"),
        pytest.param(Offer(price=Decimal(10)), 5, {}, 2, id="at the cap"),
        pytest.param(
            Offer(price=Decimal(9)), 5, {"validated": False}, 1, id="unvalidated"
        ),
        pytest.param(Offer(price=Decimal(9)), 5, {"waits": True}, 3, id="held"),
        pytest.param(Offer(publication_state=4), 5, {}, 4, id="archived stays"),
    ],
)
def test_the_publication_state_follows_from_the_offer(offer, quantity, more, state):
    more = {"validated": True} | more

    assert publication_state(offer, quantity, 10, **more) == state


async def test_a_listing_reads_as_documented(shop, phone):
    listing = await shop.one(comment="Fine")

    assert listing["statuscode"] == 200
    assert listing["price"] == "249.00"
    assert listing["currency"] == "EUR"
    assert isinstance(listing["max_price"], int | float)
    assert (listing["grade"], listing["state"]) == ("VERY_GOOD", 1)
    assert listing["publication_state"] == 2
    assert listing["comment"] == "Fine"
    assert listing["warranty_delay"] == 12
    assert listing["shippings"] == []


async def test_one_listing_is_found_by_every_key(shop):
    listing = await shop.one("Ab-1")
    queries = (
        {"sku": "aB-1"},
        {"listing_id": listing["listing_id"]},
        {"id": listing["id"]},
    )

    for query in queries:
        found = await shop.get("/ws/listings/detail", **query)
        assert found.json() == listing
    for reference in (listing["id"], listing["listing_id"]):
        assert (await shop.get(f"/ws/listings/{reference}/")).json() == listing
    assert (await shop.get("/ws/listings/detail", sku="none")).status_code == 404
    assert (await shop.get("/ws/listings/detail")).status_code == 400


async def test_prices_are_per_market_and_quantity_is_shared(shop):
    listing = await shop.one()
    fields = {"price": "219.00", "currency": "GBP", "quantity": 7}
    british = (await shop.update(listing["id"], "en-gb", **fields)).json()
    french = (await shop.get(f"/ws/listings/{listing['id']}")).json()
    german = (await shop.get(f"/ws/listings/{listing['id']}", "de-de")).json()

    assert (british["price"], british["currency"]) == ("219.00", "GBP")
    assert (french["price"], french["quantity"]) == ("249.00", 7)
    assert (german["price"], german["publication_state"]) == (None, 0)
    assert british["title"] != french["title"]


async def test_quantity_zero_takes_every_market_offline_at_once(shop):
    listing = await shop.one()
    await shop.update(listing["id"], "en-gb", price=219, currency="GBP")

    await shop.update(listing["id"], quantity="0")

    for locale in ("fr-fr", "en-gb"):
        seen = (await shop.get(f"/ws/listings/{listing['id']}", locale)).json()
        assert seen["publication_state"] == 3


async def test_sku_grade_and_unknown_fields_are_ignored(shop):
    listing = await shop.one()

    answer = await shop.update(listing["id"], sku="B2", grade="FAIR", nonsense=1)

    assert answer.status_code == 200
    assert answer.json() == listing


@pytest.mark.parametrize(
    ("locale", "fields", "word"),
    [
        pytest.param("en-gb", {"price": "9"}, "GBP", id="missing pounds"),
        pytest.param("fr-fr", {"price": "9", "currency": "GBP"}, "EUR", id="wrong"),
        pytest.param("fr-fr", {"price": "9,50"}, "price", id="comma"),
        pytest.param("fr-fr", {"price": None}, "price", id="null price"),
        pytest.param("fr-fr", {"quantity": -1}, "quantity", id="negative"),
        pytest.param("fr-fr", {"quantity": True}, "quantity", id="boolean"),
        pytest.param("fr-fr", {"comment": "x" * 501}, "comment", id="long comment"),
        pytest.param("fr-fr", {"warranty_delay": 11}, "warranty", id="warranty"),
        pytest.param("fr-fr", {"shipper_1": "Owl"}, "shipper", id="shipper"),
    ],
)
async def test_an_invalid_field_is_a_json_string_and_changes_nothing(
    shop, locale, fields, word
):
    listing = await shop.one()

    answer = await shop.update(listing["id"], locale, **{"quantity": 9, **fields})

    assert answer.status_code == 400
    assert isinstance(answer.json(), str)
    assert word in answer.json()
    assert (await shop.get(f"/ws/listings/{listing['id']}")).json() == listing


async def test_an_invalid_id_is_refused_with_a_message(shop):
    answer = await shop.update("banana", quantity=1)

    assert answer.status_code == 400
    assert "Listing ID must be" in answer.json()
    assert (await shop.update("12345", quantity=1)).status_code == 404


@pytest.mark.parametrize("path", ["banana", "detail?listing_id=-5", "9" * 40])
async def test_an_id_of_a_wrong_type_is_a_bad_request_to_read(shop, path):
    answer = await shop.get(f"/ws/listings/{path}")

    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "requestId"}


async def test_null_clears_comment_floor_and_shipper(shop):
    listing = await shop.one(comment="Fine", min_price="200", shipper_1="UPS")
    cleared = {"comment": None, "min_price": None, "shipper_1": None}

    answer = (await shop.update(listing["id"], **cleared)).json()

    assert listing["shippings"][0]["shipper"] == "UPS"
    assert (answer["comment"], answer["min_price"]) == (None, None)
    assert answer["shippings"] == []


async def test_pages_run_from_the_newest_listing_down(shop):
    await shop.control("POST", "/accounts", id="shop")
    await shop.get("/ws/listings")
    seed = {"count": 120, "quantity": 1, "markets": {"FR": {"price": "9"}}}
    await shop.control("POST", "/accounts/account-2/listings", **seed)

    first = (await shop.get("/ws/listings", page_size=50, limit=3)).json()
    last = (await shop.get("/ws/listings/", **{"page": 3, "page-size": 99})).json()

    numbers = [row["listing_id"] for row in first["results"]]
    assert len(numbers) == 10
    assert numbers == sorted(numbers, reverse=True)
    assert first["count"] == 120
    assert first["previous"] is None
    assert first["next"].startswith("https://sandbox.test/ws/listings?")
    assert len(last["results"]) == 20
    assert last["next"] is None
    assert "page=2" in last["previous"]
    past = await shop.get("/ws/listings", page=13)
    assert (past.status_code, set(past.json())) == (404, {"error", "requestId"})


async def test_filters_select_by_state_and_quantity(shop):
    await shop.rows(
        {"sku": "A", "product_id": 11, "quantity": 0, "price": 9},
        {"sku": "B", "product_id": 12, "quantity": 5, "price": 9},
        {"sku": "C", "product_id": 13, "quantity": 9, "price": 9},
    )

    async def skus(**query):
        found = (await shop.get("/ws/listings", **query)).json()
        return "".join(row["sku"] for row in found["results"])

    assert await skus(publication_state=2) == "CB"
    assert await skus(publication_state=3) == "A"
    assert await skus(min_quantity=5, max_quantity=8) == "B"
    assert (await shop.get("/ws/listings", min_quantity="x")).status_code == 400


async def test_pub_state_is_required_after_zero_only_with_the_option(shop):
    listing = await shop.one()
    await shop.control("PATCH", "/options", require_pub_state=True)
    await shop.update(listing["id"], quantity=0)

    without = (await shop.update(listing["id"], quantity=3)).json()
    with_it = (await shop.update(listing["id"], quantity=3, pub_state=2)).json()

    assert without["publication_state"] == 3
    assert with_it["publication_state"] == 2


async def test_the_floor_rule_is_an_option(shop):
    listing = await shop.one()
    assert (await shop.update(listing["id"], min_price=100)).status_code == 200
    await shop.control("PATCH", "/options", min_price_rule=True)

    refused = await shop.update(listing["id"], price=200, min_price=180)
    accepted = await shop.update(listing["id"], price="194.40", min_price=180)

    assert refused.status_code == 400
    assert accepted.status_code == 200


@pytest.mark.parametrize(
    ("code", "currency", "right"),
    [
        ("FR", None, True),
        ("FR", "EUR", True),
        ("FR", "USD", False),
        ("US", None, True),
        ("GB", None, False),
        ("GB", "GBP", True),
        ("SE", None, False),
        ("JP", None, False),
    ],
)
def test_only_euro_and_dollar_may_be_omitted(code, currency, right):
    changes = {"price": Decimal(9)} | ({"currency": currency} if currency else {})

    assert (not currency_error(changes, MARKETS[code])) is right


def test_carriers_are_the_official_ones():
    assert len(SHIPPERS) == 95
    assert {"DHL  EXPRESS", "GLS-SPAIN", "ColisPrivé", "UPS 2nd Day Air"} <= SHIPPERS


def test_amounts_may_be_strings_or_numbers():
    sent = {"price": 9.999, "quantity": "3", "warranty_delay": "24", "other": 1}

    changes, errors = read_fields(sent)

    assert changes == {"price": Decimal("10.00"), "quantity": 3, "warranty_delay": 24}
    assert errors == {}
