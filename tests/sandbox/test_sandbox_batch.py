"""Batches: validation of the request, results per row, timing of the task."""

import pytest

from app.sandbox.batches.rows import RowRefusedError, grade_of
from app.sandbox.products.product_catalog import has_right_check_digit


async def test_a_batch_returns_a_task_that_ends_later(shop, phone):
    header = ";".join(phone)
    answer = await shop.batch(header + "\n" + ";".join(map(str, phone.values())))
    number = answer.json()["bodymessage"]
    seen = []
    for _ in range(3):
        task = await shop.task(number)
        listed = (await shop.get("/ws/listings")).json()["count"]
        seen.append((task["action_status"], bool(task["result"]), listed))
        shop.now += 1

    assert answer.json() == {"statuscode": 200, "bodymessage": number}
    assert seen == [(0, False, 0), (2, False, 0), (9, True, 1)]
    assert task["statuscode"] == 200
    assert task["task_id"] == number
    assert task["last_action_error"] is None
    assert task["result"]["product_errors"] == {}
    success = task["result"]["product_success"]["A1"]
    assert set(success) == {"listing_id", "backmarket_id", "publication_state"}


async def test_another_sellers_task_is_unknown(shop, make_token):
    number = (await shop.batch("sku\n")).json()["bodymessage"]
    other = {"Authorization": f"Basic {make_token('other')}"}

    refused = await shop.http.get(f"/ws/tasks/{number}", headers=other)

    assert refused.status_code == 404
    assert (await shop.http.get("/ws/tasks/1")).status_code == 404


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"catalog": None}, id="no catalog"),
        pytest.param({"catalog": ""}, id="empty catalog"),
        pytest.param({"delimiter": ";;"}, id="two delimiters"),
        pytest.param({"quotechar": ""}, id="no quotechar"),
        pytest.param({"encoding": "u"}, id="short encoding"),
        pytest.param({"catalog": 5}, id="catalog is no text"),
        pytest.param({"catalog": "sku\n" + "A\n" * 15_001}, id="15,001 lines"),
    ],
)
async def test_an_invalid_batch_is_refused_with_a_json_string(shop, more):
    answer = await shop.batch(**{"catalog": "sku\nA1\n", **more})

    assert answer.status_code == 400
    assert isinstance(answer.json(), str)


@pytest.mark.parametrize(
    ("catalog", "more"),
    [
        pytest.param('sku;price\n"A1;9\n', {}, id="open quote"),
        pytest.param("name;price\nA1;9\n", {}, id="no sku column"),
        pytest.param("\n", {}, id="no header"),
        pytest.param("sku\nA1\n", {"encoding": "klingon"}, id="unknown encoding"),
    ],
)
async def test_an_unreadable_catalog_fails_as_a_task(shop, catalog, more):
    number = (await shop.batch(catalog, **more)).json()["bodymessage"]
    shop.now += 60

    task = await shop.task(number)

    assert task["action_status"] == 8
    assert task["last_action_error"]
    assert task["result"] == {}


@pytest.mark.parametrize(
    ("catalog", "more"),
    [
        pytest.param(
            "price,sku,quantity,product_id\r\n9,A1,3,77\r\n",
            {"delimiter": ",", "encoding": "latin1", "header": True},
            id="commas, CRLF, another order",
        ),
        pytest.param(
            "'sku'|'price'|'quantity'|'product_id'\n'A1'|'9'|'3'|'77'",
            {"delimiter": "|", "quotechar": "'"},
            id="bars and single quotes",
        ),
    ],
)
async def test_every_csv_dialect_is_accepted(shop, catalog, more):
    await shop.batch(catalog, **more)
    shop.now += 60

    listing = (await shop.get("/ws/listings/detail", sku="A1")).json()

    assert (listing["price"], listing["quantity"]) == ("9.00", 3)
    assert listing["backmarket_id"] == 77
    assert listing["grade"] == "GOOD"


async def test_blank_cells_do_not_change_a_listing(shop):
    before = await shop.one(comment="Fine")

    await shop.rows({"sku": "a1", "price": "", "quantity": "6", "comment": ""})

    after = (await shop.get(f"/ws/listings/{before['id']}")).json()
    assert after == {**before, "quantity": 6}


async def test_a_batch_prices_one_market_and_leaves_the_others_incomplete(shop):
    listing = await shop.one()

    await shop.rows({"sku": "A1", "price": 199, "currency": "GBP"}, locale="en-gb")

    prices = {}
    for locale in ("fr-fr", "en-gb", "es-es"):
        seen = (await shop.get(f"/ws/listings/{listing['id']}", locale)).json()
        prices[locale] = (seen["price"], seen["publication_state"])
    assert prices == {
        "fr-fr": ("249.00", 2),
        "en-gb": ("199.00", 2),
        "es-es": (None, 0),
    }


@pytest.mark.parametrize(
    ("change", "word"),
    [
        pytest.param({"sku": ""}, "sku", id="no sku"),
        pytest.param({"ean": ""}, "ean", id="no ean"),
        pytest.param({"ean": "3000000000012"}, "valid EAN", id="check digit"),
        pytest.param({"price": ""}, "price", id="no price"),
        pytest.param({"quantity": ""}, "quantity", id="no quantity"),
        pytest.param({"quantity": "many"}, "quantity", id="quantity in words"),
        pytest.param({"grade": "SHINY"}, "grade", id="grade"),
        pytest.param({"currency": "USD"}, "EUR", id="currency"),
        pytest.param({"warranty_delay": "6"}, "warranty", id="warranty"),
        pytest.param({"comment": "x" * 501}, "comment", id="comment"),
        pytest.param({"shipper_1": "Owl"}, "shipper", id="shipper"),
        pytest.param({"product_id": "abc"}, "product", id="product id"),
        pytest.param({"new_battery": "maybe"}, "new_battery", id="battery"),
    ],
)
async def test_an_invalid_row_does_not_stop_valid_ones(shop, phone, change, word):
    good = {**phone, "sku": "GOOD"}

    result = await shop.rows({**phone, "sku": "BAD", **change}, good)

    assert list(result["product_success"]) == ["GOOD"]
    ((key, reasons),) = result["product_errors"].items()
    assert key == change.get("sku", "BAD")
    assert word in reasons[0]


@pytest.mark.parametrize(
    ("row", "grade"),
    [
        ({}, "GOOD"),
        ({"grade": "fair"}, "FAIR"),
        ({"state": "0"}, "EXCELLENT"),
        ({"state": "3", "grade": "PREMIUM"}, "PREMIUM"),
    ],
)
def test_the_grade_word_wins_over_the_code_and_good_is_the_default(row, grade):
    assert grade_of(row) == grade


@pytest.mark.parametrize("code", ["5", "x", "-1"])
def test_an_unknown_grade_code_is_refused(code):
    with pytest.raises(RowRefusedError):
        grade_of({"state": code})


@pytest.mark.parametrize(
    ("ean", "right"),
    [
        ("4006381333931", True),
        ("4006381333932", False),
        ("036000291452", True),
        ("96385074", True),
        ("14006381333938", False),
        ("", False),
        ("40063813339a1", False),
    ],
)
def test_an_ean_has_a_length_and_a_check_digit(ean, right):
    assert has_right_check_digit(ean) is right


async def test_the_same_ean_is_always_the_same_product(shop, phone):
    first = await shop.one("A1")
    second = await shop.one("A2", grade="FAIR")

    for name in ("product_id", "backmarket_id", "title", "max_price"):
        assert first[name] == second[name]


async def test_an_unknown_ean_needs_a_described_product(shop, phone, make_ean):
    unknown = {**phone, "ean": make_ean(5, "99")}
    product = {
        "category_id": 1101,
        "title": "A phone",
        "description": "Text",
        "brand": "Demo",
        "price_new": "500",
        "weight": 180,
        "image1": "https://images.test/1.jpg",
        "color": "Black",
        "storage": 128,
    }

    bare = await shop.rows({**unknown, "sku": "BARE"})
    wrong = await shop.rows({**unknown, "sku": "WRONG", **product, "storage": 100})
    await shop.rows({**unknown, **product})
    listing = (await shop.get("/ws/listings/detail", sku="A1")).json()
    await shop.control("PATCH", f"/products/{unknown['ean']}", validated=True)
    validated = (await shop.get("/ws/listings/detail", sku="A1")).json()

    assert "unknown EAN" in bare["product_errors"]["BARE"][0]
    assert "storage" in wrong["product_errors"]["WRONG"][0]
    assert (listing["publication_state"], listing["title"]) == (1, "A phone")
    assert validated["publication_state"] == 2


async def test_skus_are_case_insensitive(shop, phone):
    await shop.rows(phone, {**phone, "sku": "a1", "quantity": 9})

    listed = (await shop.get("/ws/listings")).json()

    assert listed["count"] == 1
    assert listed["results"][0]["quantity"] == 9
    assert listed["results"][0]["sku"] == "A1"
