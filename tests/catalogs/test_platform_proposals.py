"""Proposals for the exports of platforms: right columns, and never a harmful one."""

import csv
import io
from pathlib import Path

import pytest

from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.source import SourceFile
from app.catalogs.mapping.proposal import SURE, Proposal, propose, warnings_of
from app.stores.channel import REQUIRED_NAMES
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.platform_exports import EXPORTS, Export

CASES = Path(__file__).parent / "cases"


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text), delimiter="|"))


def sure_columns(found: list[Proposal]) -> dict[str, str]:
    return {
        p.guess.attribute: p.guess.column
        for p in found
        if p.guess.confidence >= SURE and p.guess.attribute in REQUIRED_NAMES
    }


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS.keys())
def test_required_attributes_have_the_right_columns(export: Export):
    rows = rows_of(export.text)

    assert sure_columns(propose(list(rows[0]), rows)) == export.columns


@pytest.mark.parametrize("export", EXPORTS.values(), ids=EXPORTS.keys())
def test_a_harmful_column_is_proposed_for_nothing(export: Export):
    rows = rows_of(export.text)

    found = propose(list(rows[0]), rows)

    assert {p.guess.column for p in found}.isdisjoint(export.never)
    assert "product_id" not in {p.guess.attribute for p in found} or (
        "backmarket_id" in rows[0]
    )


CASE_COLUMNS = {
    "p26-proposal-vat.csv": {
        "ean": "ean",
        "price": "Price tax included",
        "quantity": "quantity",
        "sku": "sku",
    },
    "p28-proposal-empty-upc.csv": {
        "sku": "Reference",
        "ean": "EAN13",
        "price": "Prix TTC",
        "quantity": "Quantite",
    },
    "p30-mirakl-offers.csv": {"sku": "sku", "price": "price", "quantity": "quantity"},
    "p31-proposal-woo-sale-price.csv": {
        "sku": "SKU",
        "ean": "ean",
        "price": "Regular price",
        "quantity": "Stock",
        "category": "Categories",
    },
    "p32-google-atom.xml": {
        "sku": "g:id",
        "ean": "g:gtin",
        "price": "g:price",
        "category": "g:product_type",
    },
    "p33-google-rss.xml": {
        "sku": "g:id",
        "ean": "g:gtin",
        "price": "g:price",
        "category": "g:product_type",
    },
    "p35-shopify-export.csv": {
        "sku": "Variant SKU",
        "ean": "Variant Barcode",
        "price": "Variant Price",
        "quantity": "Variant Inventory Qty",
        "grade": "Option2 Value",
        "category": "Product Category",
    },
    "p37-presta-export.csv": {
        "sku": "Reference #",
        "ean": "EAN13",
        "quantity": "Quantity",
        "category": "Categories (x,y,z...)",
    },
}


@pytest.mark.parametrize(("name", "columns"), CASE_COLUMNS.items())
def test_files_of_shops_get_the_right_columns(name: str, columns, tmp_path: Path):
    found = inspect_catalog(SourceFile(CASES / name), tmp_path, 200)

    proposals = propose(found.columns, found.sample)

    assert sure_columns(proposals) == columns
    CatalogMapping.model_validate(
        {"attributes": {p.guess.attribute: p.source for p in proposals}}
    )


@pytest.mark.parametrize(
    ("header", "row", "attribute", "column"),
    [
        ("price_ex|price_inc", "100.00|120.00", "price", "price_inc"),
        ("price exc|price", "100.00|120.00", "price", "price"),
        ("Price (ex)|stock", "100.00|3", "price", None),
        ("available|price", "yes|100.00", "quantity", None),
        ("stock|price", "true|100.00", "quantity", None),
        ("ItemID|CustomLabel", "110123|PH-1", "sku", "CustomLabel"),
        ("id|price", "PH-1|100.00", "sku", "id"),
    ],
)
def test_one_row_is_enough_to_leave_out_a_harmful_column(
    header: str, row: str, attribute: str, column: str | None
):
    rows = rows_of(f"{header}\n{row}\n")

    found = {p.guess.attribute: p.guess.column for p in propose(list(rows[0]), rows)}

    assert found.get(attribute) == column


def test_a_net_price_is_named_as_such(tmp_path: Path):
    shown = {}
    for name in ("p26-proposal-vat.csv", "p37-presta-export.csv"):
        found = inspect_catalog(SourceFile(CASES / name), tmp_path, 200)
        shown[name[:3]] = warnings_of(found.columns, found.sample)

    assert all(len(sentences) == 1 for sentences in shown.values())
    assert all(
        "`Price tax excluded` looks like a net price" in s for [s] in shown.values()
    )


def test_variants_are_proposed_with_a_value_to_carry_down():
    rows = rows_of(EXPORTS["Shopify inventory"].text)

    sources = {p.guess.attribute: p.source for p in propose(list(rows[0]), rows)}

    assert sources["category"] == {
        "column": "Product Category",
        "fill_down": {"by": "Handle"},
    }
    assert sources["price"] == {"column": "Variant Price"}
