"""Product texts of a catalog and their problems by field."""

import json

import polars as pl
import pytest

from app.catalogs.engine.pipeline.product_texts import (
    ProductConfig,
    check_products,
    read_products,
)
from app.catalogs.engine.read.source import CatalogRejectedError
from app.stores.channel import LEAF_PREFIX, AttributeType, ChannelAttribute
from app.stores.mapping.mapping_model import CatalogMapping

SOUND = {
    "sku_key": "a",
    "category": "Phones",
    "title": "Nimbus 9",
    "description": "A phone",
    "brand": "Nimbus",
    "price_new": "499,00 EUR",
    "weight": "200 g",
    "image1": "https://pictures.example/1.jpg",
    "attribute.color": "black",
    "attribute.storage": "64",
    "attribute.screen": "6,1",
}


def attribute(name, kind, *, required=False, accepted=()) -> ChannelAttribute:
    return ChannelAttribute(
        name, kind, required=required, label="", help="", accepted=accepted
    )


LEAF = (
    attribute("color", AttributeType.TEXT, required=True),
    attribute("storage", AttributeType.CHOICE, required=True, accepted=("64", "128")),
    attribute("screen", AttributeType.DECIMAL),
    attribute("cores", AttributeType.INTEGER),
)
NAMES = ("sku", "category", "title", "weight", "attribute.color")


def config(leaves=None, **more) -> ProductConfig:
    return ProductConfig(
        mapping=CatalogMapping(
            attributes={n: {"column": n} for n in NAMES},
            filters=more.get("filters", []),
        ),
        categories={"phones": 7},
        leaves={7: LEAF} if leaves is None else leaves,
        currency="EUR",
        duplicates=more.get("duplicates", "reject"),
    )


def checked(**cells) -> tuple[dict, str | None]:
    texts = pl.DataFrame(
        [SOUND | cells], schema=dict.fromkeys(SOUND | cells, pl.String)
    )
    (row,) = check_products(texts, config()).to_dicts()
    return json.loads(row["product"]), row["problem"]


@pytest.mark.parametrize(
    ("written", "sent"),
    [("Black", "Black"), ("BLACK", "Black"), ("sky blue", "Sky Blue"), ("red", "RED")],
)
def test_a_choice_is_sent_as_back_market_writes_it(written, sent):
    colors = ("Black", "Sky Blue", "RED", "red-ish")
    leaf = (attribute("color", AttributeType.CHOICE, accepted=colors),)
    cells = {"sku_key": "a", "category": "Phones", "attribute.color": written}
    texts = pl.DataFrame([SOUND | cells])

    (row,) = check_products(texts, config({7: leaf})).to_dicts()

    assert (json.loads(row["product"])["color"], row["problem"]) == (sent, None)


def test_a_valid_product_becomes_columns_of_a_batch():
    product, problem = checked()

    assert problem is None
    assert {name: value for name, value in product.items() if value is not None} == {
        "category_id": 7,
        "title": "Nimbus 9",
        "description": "A phone",
        "brand": "Nimbus",
        "price_new": "499.00",
        "weight": 200,
        "image1": "https://pictures.example/1.jpg",
        "color": "black",
        "storage": "64",
        "screen": "6.1",
    }


@pytest.mark.parametrize(
    ("cells", "named"),
    [
        pytest.param({"title": None}, "title: missing", id="missing"),
        pytest.param({"title": "x" * 201}, "title: more than 200", id="long"),
        pytest.param({"category": "TV"}, "category_id: the category", id="category"),
        pytest.param({"price_new": "free"}, "price_new: not an amount", id="price"),
        pytest.param({"weight": "1"}, "weight: not a whole number", id="light"),
        pytest.param({"weight": "1,5 g"}, "weight: not a whole number", id="part"),
        pytest.param({"image1": "x.jpg"}, "image1: not an http(s)", id="address"),
        pytest.param({"image2": "ftp://x/y"}, "image2: not an http(s)", id="second"),
        pytest.param(
            {"attribute.color": None}, "attribute.color: required", id="attribute"
        ),
        pytest.param(
            {"attribute.storage": "65"}, "accepted: 64, 128", id="closed list"
        ),
        pytest.param(
            {"attribute.screen": "big"}, "accepted: decimal numbers", id="number"
        ),
    ],
)
def test_each_invalid_field_is_named(cells, named):
    _, problem = checked(**cells)

    assert problem is not None
    assert named in problem


@pytest.mark.parametrize(
    ("weight", "grams"),
    [("200", 200), ("200 g", 200), ("1.2 kg", 1200), ("0,25 kg", 250), ("2.00", 2)],
)
def test_weights_are_whole_grams(weight, grams):
    product, problem = checked(weight=weight)

    assert (product["weight"], problem) == (grams, None)


def test_an_attribute_that_the_leaf_does_not_have_is_not_sent():
    product, problem = checked(**{f"{LEAF_PREFIX}flavour": "mint"})

    assert problem is None
    assert "flavour" not in product


def test_without_known_categories_all_mapped_attributes_are_sent():
    texts = pl.DataFrame([SOUND])

    (row,) = check_products(texts, config(leaves={})).to_dicts()

    assert row["problem"] is None
    assert json.loads(row["product"])["color"] == "black"


def test_only_requested_products_are_read(stored, tmp_path):
    source = stored(
        "sku,category,title,weight,attribute.color\nA,Phones,one,2,red\nB,TV,two,3,\n"
    )

    rows = read_products(source, config(), pl.Series(["b"]), tmp_path)

    assert rows.select("sku_key", "title", "weight").rows() == [("b", "two", "3")]


def test_a_column_that_the_catalog_lacks_counts_as_empty(stored, tmp_path):
    source = stored("sku,category\nA,Phones\n")

    rows = read_products(source, config(), pl.Series(["a"]), tmp_path)

    assert rows.select("sku_key", "title").rows() == [("a", None)]


def test_an_unreadable_file_is_rejected(stored, tmp_path):
    with pytest.raises(CatalogRejectedError):
        read_products(stored(""), config(), pl.Series(["a"]), tmp_path)


def test_a_filtered_row_does_not_describe_the_product(stored, tmp_path):
    source = stored("sku,market,title\nA,DE,Telefon\na,FR,Téléphone\n")
    german = {"op": "equals", "column": "market", "value": "de"}
    filtered = config(filters=[{"name": "German rows", "when": german}])

    texts = read_products(source, filtered, pl.Series(["a"]), tmp_path)

    assert texts["title"].to_list() == ["Téléphone"]
