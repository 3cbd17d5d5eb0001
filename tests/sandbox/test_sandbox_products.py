"""Describing products: required columns, validation, immutable fields."""

import pytest

from app.sandbox.batches.product_checks import attribute_error
from app.sandbox.main import create_sandbox
from app.sandbox.markets import MARKETS
from app.sandbox.options import SandboxOptions
from app.sandbox.products.categories import CHOICE, DECIMAL, INTEGER, TEXT, Attribute

DESCRIPTION = {
    "category_id": 1101,
    "title": "A phone",
    "description": "Text",
    "brand": "Demo",
    "price_new": "500",
    "weight": 180,
    "image1": "https://images.test/1.jpg",
    "color": "Black",
    "storage": 128,
    "screen_size": "6.1",
    "memory": 8,
    "sim": "DUAL",
}


@pytest.fixture
def described(phone, make_ean):
    """A row that describes a product unknown to the catalog."""
    return {**phone, "ean": make_ean(5, "99"), **DESCRIPTION}


async def seen(shop, sku="A1", locale="fr-fr"):
    return (await shop.get("/ws/listings/detail", locale, sku=sku)).json()


async def product(shop, described):
    return await shop.control("GET", f"/products/{described['ean']}")


async def test_a_described_product_waits_for_validation_with_its_stock(shop, described):
    result = await shop.rows(described)
    waiting = await seen(shop)
    kept = await product(shop, described)

    await shop.control("POST", "/products/validate")

    assert result["product_success"]["A1"]["publication_state"] == 1
    assert (waiting["publication_state"], waiting["quantity"]) == (1, 4)
    assert waiting["title"] == "A phone"
    assert kept["descriptions"] == {"FR": "Text"}
    assert kept["prices_new"] == {"FR": "500.00"}
    assert (kept["brand"], kept["weight"]) == ("Demo", 180)
    assert kept["images"] == {"image1": "https://images.test/1.jpg"}
    assert kept["attributes"]["sim"] == "DUAL"
    assert (await seen(shop))["publication_state"] == 2


@pytest.mark.parametrize(
    ("change", "field", "word"),
    [
        *(
            pytest.param({name: ""}, name, "required", id=f"no {name}")
            for name in (
                "category_id",
                "title",
                "description",
                "brand",
                "price_new",
                "weight",
                "image1",
            )
        ),
        pytest.param({"category_id": 101}, "category_id", "leaf", id="tree's id"),
        pytest.param({"category_id": -10}, "category_id", "leaf", id="no leaf"),
        pytest.param({"category_id": "x"}, "category_id", "leaf", id="no number"),
        pytest.param({"title": "x" * 201}, "title", "200", id="long title"),
        pytest.param({"brand": "x" * 101}, "brand", "100", id="long brand"),
        pytest.param({"price_new": "5,00"}, "price_new", "dot", id="comma"),
        pytest.param({"price_new": "0"}, "price_new", "positive", id="for nothing"),
        pytest.param({"weight": 1}, "weight", "more than 1", id="one gram"),
        pytest.param({"weight": "1.5"}, "weight", "whole", id="half grams"),
        pytest.param({"image1": "phone.jpg"}, "image1", "http", id="no address"),
        pytest.param(
            {"image6": "https://x.y/" + "z" * 1000}, "image6", "1000", id="long address"
        ),
        pytest.param({"vat_type": "NONE"}, "vat_type", "MARGINAL", id="no tax scheme"),
        pytest.param({"color": ""}, "color", "required", id="attribute missing"),
        pytest.param({"storage": 100}, "storage", "64, 128", id="not allowed"),
        pytest.param({"screen_size": "6,1"}, "screen_size", "dot", id="no decimal"),
        pytest.param({"memory": "8.5"}, "memory", "whole", id="no integer"),
        pytest.param({"ean": "9900000000001"}, "ean", "valid EAN", id="check digit"),
    ],
)
async def test_an_invalid_description_is_refused_by_field(
    shop, described, change, field, word
):
    result = await shop.rows({**described, **change}, {**described, "sku": "GOOD"})

    assert list(result["product_success"]) == ["GOOD"]
    (reason,) = result["product_errors"]["A1"]
    assert reason.startswith(f"{field}: ")
    assert word in reason


async def test_a_product_keeps_its_tax_scheme(shop, described):
    await shop.rows({**described, "vat_type": "MARGINAL"})

    assert (await product(shop, described))["vat_type"] == "MARGINAL"


async def test_all_errors_of_a_description_are_reported_at_once(shop, described):
    result = await shop.rows({**described, "title": "", "weight": 0, "storage": 1})

    fields = {reason.partition(":")[0] for reason in result["product_errors"]["A1"]}
    assert fields == {"title", "weight", "storage"}


async def test_a_refused_product_can_be_sent_again(shop, described):
    await shop.rows({**described, "weight": 0})

    result = await shop.rows(described)

    assert list(result["product_success"]) == ["A1"]
    assert (await seen(shop))["publication_state"] == 1


@pytest.mark.parametrize(
    ("attribute", "value", "right"),
    [
        (Attribute("a", "A", required=True), None, False),
        (Attribute("a", "A"), None, True),
        (Attribute("a", "A", TEXT), "x" * 500, True),
        (Attribute("a", "A", TEXT), "x" * 501, False),
        (Attribute("a", "A", INTEGER), "12", True),
        (Attribute("a", "A", INTEGER), "-1", True),
        (Attribute("a", "A", INTEGER), "1.0", False),
        (Attribute("a", "A", DECIMAL), "6.1", True),
        (Attribute("a", "A", DECIMAL), "6", True),
        (Attribute("a", "A", DECIMAL), "NaN", False),
        (Attribute("a", "A", CHOICE, ("x", "y")), "y", True),
        (Attribute("a", "A", CHOICE, ("x", "y")), "z", False),
    ],
)
def test_an_attribute_has_a_type(attribute, value, right):
    assert (attribute_error(attribute, value) is None) is right


async def test_its_owner_may_change_a_product_until_it_is_validated(shop, described):
    await shop.rows(described)
    change = {"sku": "A1", "title": "A better phone", "image2": "https://x.test/2"}

    await shop.rows({**change, "sim": "ESIM"})
    await shop.rows({"sku": "A1", "title": "A phone in words"}, locale="en-gb")
    wrong = await shop.rows({"sku": "A1", "sim": "TRIPLE"})

    kept = await product(shop, described)
    assert kept["titles"] == {"FR": "A better phone", "GB": "A phone in words"}
    assert kept["images"]["image2"] == "https://x.test/2"
    assert kept["attributes"]["sim"] == "ESIM"
    assert kept["attributes"]["color"] == "Black"
    assert wrong["product_errors"]["A1"][0].startswith("sim: ")


async def test_each_category_requires_its_own_attributes(shop, described):
    await shop.rows(described)

    refused = await shop.rows({"sku": "A1", "category_id": 1301})
    accepted = await shop.rows({"sku": "A1", "category_id": 1301, "wireless": "YES"})

    assert refused["product_errors"]["A1"] == ["wireless: is required in this category"]
    assert list(accepted["product_success"]) == ["A1"]
    assert (await product(shop, described))["category_id"] == 1301


async def test_later_changes_are_accepted_and_ignored(shop, described):
    await shop.rows(described)
    await shop.control("POST", "/products/validate", products=[described["ean"]])
    before = await product(shop, described)

    change = {"title": "Another", "weight": "light", "storage": 1, "category_id": 9}
    result = await shop.rows({"sku": "A1", "quantity": 9, **change})

    assert result["product_errors"] == {}
    assert await product(shop, described) == before
    assert (await seen(shop))["quantity"] == 9
    entry = (await shop.control("GET", "/ledger?after=1"))["entries"][0]
    assert entry["changed"] == ["quantity"]


async def test_the_ledger_names_what_a_change_of_a_product_changed(shop, described):
    await shop.rows(described)

    await shop.rows({"sku": "A1", "title": "Another", "weight": 180})

    entry = (await shop.control("GET", "/ledger?after=1"))["entries"][0]
    assert entry["changed"] == ["title"]


async def test_another_seller_cannot_change_a_product(shop, described, make_token):
    await shop.rows(described)
    shop.http.headers["Authorization"] = f"Basic {make_token('other')}"

    result = await shop.rows({**described, "title": "Mine"})

    assert list(result["product_success"]) == ["A1"]
    assert (await product(shop, described))["titles"] == {"FR": "A phone"}
    assert (await seen(shop))["publication_state"] == 1


async def test_a_second_grade_shares_the_product_and_its_validation(shop, described):
    second = {**described, "sku": "A2", "grade": "FAIR", "title": "Newer words"}
    await shop.rows(described, second)
    waiting = [(await seen(shop, sku))["publication_state"] for sku in ("A1", "A2")]

    await shop.control("PATCH", f"/products/{described['ean']}", validated=True)

    online = [(await seen(shop, sku))["publication_state"] for sku in ("A1", "A2")]
    assert (waiting, online) == ([1, 1], [2, 2])
    assert (await seen(shop))["title"] == "Newer words"


async def test_validation_can_be_delayed(shop, described):
    await shop.control("PATCH", "/options", validation_takes=3600)
    await shop.rows(described)
    states = []
    for pause in (0, 3000, 600):
        shop.now += pause
        states.append((await seen(shop))["publication_state"])

    assert states == [1, 1, 2]


async def test_validation_can_be_immediate(shop, described):
    await shop.control("PATCH", "/options", validation_takes=0)

    result = await shop.rows(described)

    assert result["product_success"]["A1"]["publication_state"] == 2
    assert (await shop.control("GET", "/products?validated=false"))["count"] == 0


async def test_unvalidated_products_are_listed(shop, described, make_ean):
    await shop.rows({**described, "ean": make_ean(1), "sku": "KNOWN"})
    await shop.rows(described)

    path = "/products?validated=false&account=account-1"
    waiting = await shop.control("GET", path)
    unknown = await shop.http.post(
        "/_sandbox/products/validate", json={"products": ["1"]}
    )

    assert waiting["count"] == 1
    assert waiting["products"][0]["ean"] == described["ean"]
    assert (await shop.control("GET", "/products"))["count"] == 2
    assert unknown.status_code == 404


async def test_a_waiting_product_survives_a_restart(shop, described, tmp_path):
    await shop.control("PATCH", "/options", validation_takes=3600)
    await shop.rows(described)
    before = await product(shop, described)
    snapshot = shop.sandbox.snapshot
    snapshot.path = tmp_path / "state.json"
    snapshot.save()

    options, now = SandboxOptions(), shop.now
    state = create_sandbox(options, clock=lambda: now, state_file=snapshot.path).state

    again = state.catalog.find(described["ean"])
    assert again.title(MARKETS["FR"]) == "A phone"
    assert again.validates_at == before["validates_at"]
    assert state.catalog.take_due(now) == []
    assert state.catalog.take_due(now + 3600) == [again]


async def test_an_order_names_the_brand_of_a_described_product(shop, described):
    await shop.control("PATCH", "/options", validation_takes=0)
    await shop.rows(described)

    order = await shop.buy(("A1", 1))

    assert order["orderlines"][0]["brand"] == "Demo"
