"""Rejected rows are exported as CSV and imported again after correction."""

import csv
import io
from typing import Any

import polars as pl
import pytest

from app.catalogs.engine.read.formulas import (
    FORMULA_PREFIXES,
    escape_formulas,
    unescape_formulas,
)
from app.web.csv_response import FORMULA
from tests.support.shop import COLUMNS, EANS, Shop, as_csv, row

NOTE_COLUMNS = ["refeed_code", "refeed_message", "refeed_hint"]


async def sheet(shop: Shop, path: str) -> list[dict[str, Any]]:
    answer = await shop.api.get(f"{path}/rejected.csv")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.text)))


def again(rows: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


async def test_invalid_rows_are_exported_completely_and_imported_after_correction(
    shop: Shop,
):
    rows = [row("A", shelf="7"), row("BAD", price="free", quantity="x", shelf="8")]
    catalog = await shop.upload_bytes(as_csv(rows, (*COLUMNS, "shelf")))

    (bad,) = await sheet(shop, f"/v1/catalogs/{catalog['id']}")
    shown = dict(bad)
    bad.update(price="150.00", quantity="3")
    fixed = await shop.upload_bytes(again([bad]), mode="partial")

    assert list(shown) == [*COLUMNS, "shelf", *NOTE_COLUMNS]
    assert (shown["sku"], shown["price"], shown["shelf"]) == ("BAD", "free", "8")
    assert shown["refeed_code"] == "price_format; quantity_format"
    assert "price: “free” is not an amount" in shown["refeed_message"]
    assert shown["refeed_hint"]
    assert fixed["counts"]["created"] == 1
    offers = await shop.offers()
    assert offers["BAD"]["desired"]["price"] == "150.00"
    assert offers["A"]["state"] == "pending"


async def test_refused_offers_are_exported_as_their_catalog_rows(shop: Shop):
    await shop.fault("rejected_row", sku="BAD*", message="price too low")
    await shop.upload([row("A"), row("BAD1"), row("BAD2", price="1.00")])
    await shop.upload_bytes(as_csv([row("BAD2", price="2.00")]), mode="partial")
    run = await shop.publish()

    rows = await sheet(shop, f"/v1/publications/{run['id']}")
    await shop.clear_faults()
    for bad in rows:
        bad["price"] = "300.00"
    await shop.upload_bytes(again(rows), mode="partial")
    await shop.publish()

    assert {r["sku"]: r["refeed_code"] for r in rows} == {
        "BAD1": "price",
        "BAD2": "price",
    }
    assert {r["refeed_hint"][:17] for r in rows} == {"Correct the price"}
    assert {sku: x["price"] for sku, x in (await shop.listings()).items()} == {
        "A": "199.90",
        "BAD1": "300.00",
        "BAD2": "300.00",
    }


async def test_the_row_of_the_newest_catalog_is_exported(shop: Shop):
    await shop.fault("rejected_row", sku="BAD", message="price too low")
    await shop.upload([row("BAD", price="1.00")])
    await shop.upload_bytes(as_csv([row("BAD", price="2.00")]), mode="partial")
    run = await shop.publish()

    (bad,) = await sheet(shop, f"/v1/publications/{run['id']}")

    assert bad["price"] == "2.00"


async def test_formulas_are_escaped_and_restored_by_an_import(shop: Shop):
    evil = row("=1+1", price="free")
    catalog = await shop.upload([evil, row("A")])

    (bad,) = await sheet(shop, f"/v1/catalogs/{catalog['id']}")
    shown = bad["sku"]
    bad["price"] = "10.00"
    await shop.upload_bytes(again([bad]), mode="partial")

    assert shown == "'=1+1"
    assert {s: o["state"] for s, o in (await shop.offers()).items()} == {
        "=1+1": "pending",
        "A": "pending",
    }


async def test_a_run_without_refusals_has_nothing_to_correct(shop: Shop):
    await shop.upload([row("A")])
    run = await shop.publish()

    assert await sheet(shop, f"/v1/publications/{run['id']}") == []


async def test_a_deleted_file_is_404(shop: Shop, settings: Any):
    catalog = await shop.upload([row("BAD", price="free")])
    for file in (settings.uploads / shop.store_id).iterdir():
        file.unlink()

    answer = await shop.api.get(f"/v1/catalogs/{catalog['id']}/rejected.csv")

    assert (answer.status_code, answer.json()["code"]) == (404, "file_deleted")


async def test_ndjson_rows_are_exported_as_csv(shop: Shop):
    line = f'{{"sku":"J","ean":"{EANS[0]}","price":"free","quantity":1,'
    line += '"grade":"GOOD","category":"Phones"}'
    catalog = await shop.upload_bytes(line.encode(), "application/x-ndjson")

    (bad,) = await sheet(shop, f"/v1/catalogs/{catalog['id']}")

    assert (bad["sku"], bad["refeed_code"]) == ("J", "price_format")


TEXTS = ["plain", "", "'quoted'", "'=1", "''+x", "a=b", *(f"{s}x" for s in FORMULA)]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_an_escaped_cell_is_restored_exactly(text: str):
    original = pl.select(pl.lit(text).alias("x"))
    out = original.select(escape_formulas(pl.col("x")))

    assert not out.item().startswith(FORMULA)
    assert out.select(unescape_formulas(pl.col("x"))).item() == text


@pytest.mark.parametrize("sign", FORMULA, ids=ascii)
def test_all_csv_exports_escape_the_same_characters(sign: str):
    assert pl.select(pl.lit(sign).str.contains(f"^[{FORMULA_PREFIXES}]")).item()
