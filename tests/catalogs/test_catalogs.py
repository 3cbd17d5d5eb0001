"""The result of an upload: ready or rejected, and its rows."""

import csv
import gzip
import io

import pytest

from tests.catalogs.engine.samples import BILLION_LAUGHS, zipped
from tests.support.shop import MAPPING, Shop, as_csv, row

REJECTED: dict[str, tuple[bytes, str, str, str]] = {
    "nothing at all": (b"", "text/csv", "empty", "CSV"),
    "a header alone": (as_csv([]), "text/csv", "empty", "at least one row"),
    "a torn ZIP": (b"PK\x03\x04" + b"\0" * 100, "text/csv", "unreadable", "ZIP"),
    "two files in a ZIP": (
        zipped({"a.csv": as_csv([row("A1")]), "b.csv": as_csv([row("B1")])}),
        "application/zip",
        "archive",
        "one catalog",
    ),
    "a ZIP of zeros": (
        zipped({"a.csv": bytes(40_000_000)}),
        "application/zip",
        "too_large",
        "expanding at most 200 times",
    ),
    "gzip in gzip": (
        gzip.compress(gzip.compress(as_csv([row("A1")]))),
        "application/gzip",
        "nested_archive",
        "compressed once",
    ),
    "a billion laughs": (BILLION_LAUGHS, "application/xml", "unsafe_xml", "DOCTYPE"),
    "a web page": (b"<!DOCTYPE html><p>", "text/csv", "unknown_format", "NDJSON"),
    "Parquet that is none": (
        b"PAR1" + b"\0" * 100 + b"PAR1",
        "application/vnd.apache.parquet",
        "unreadable",
        "Parquet",
    ),
    "a damaged gzip": (b"\x1f\x8bhello", "application/gzip", "unreadable", "gzip"),
    "a mapped column is missing": (
        b"sku;ean;price;quantity;grade\nA1;1;1;1;GOOD\n",
        "text/csv",
        "missing_column",
        "sku, ean, price, quantity, grade",
    ),
    "JSON that is none": (b"hello", "application/json", "unknown_format", "JSON"),
}


@pytest.mark.parametrize(
    ("body", "kind", "code", "accepted"), REJECTED.values(), ids=REJECTED.keys()
)
async def test_an_unusable_catalog_is_rejected_and_offers_are_unchanged(
    shop: Shop, body: bytes, kind: str, code: str, accepted: str
):
    first = await shop.upload([row("A1")])
    before = await shop.offers()

    catalog = await shop.upload_bytes(body, kind)

    assert (catalog["state"], catalog["rejection"]["code"]) == ("rejected", code)
    assert catalog["rejection"]["message"]
    assert accepted in catalog["rejection"]["accepted"]
    assert await shop.offers() == before
    store = (await shop.api.get(f"/v1/stores/{shop.store_id}")).json()
    assert store["current_catalog_id"] == first["id"]


async def test_a_wrong_encoding_is_rejected(shop: Shop):
    catalog = await shop.upload_bytes(
        as_csv([row("A1")]) + "ä".encode("latin-1"), encoding="utf-8"
    )

    assert catalog["rejection"]["code"] == "encoding"


async def test_a_catalog_with_a_missing_column_is_imported_after_a_mapping_fix(
    shop: Shop,
):
    body = as_csv([row("A1")]).replace(b"price", b"prix", 1)
    path = f"/v1/stores/{shop.store_id}"
    rejected = await shop.upload_bytes(body)
    red = (await shop.api.get(f"{path}/lights")).json()["mapping"]
    shown = (await shop.api.get(f"{path}/mapping")).json()

    corrected = {**MAPPING["attributes"], "price": {"column": "prix"}}
    await shop.api.put(f"{path}/mapping", json={"attributes": corrected})
    healed = await shop.wait_for(f"/v1/catalogs/{rejected['id']}", ("ready",))

    assert rejected["rejection"]["code"] == "missing_column"
    assert red["reasons"][0]["code"] == "column_missing"
    assert shown["absent_columns"] == ["price"]
    assert "prix" in shown["catalog_columns"]
    assert healed["rejection"] is None
    assert set(await shop.offers()) == {"A1"}


async def test_a_catalog_waits_for_a_mapping_and_shows_its_columns(shop: Shop):
    path = f"/v1/stores/{shop.store_id}"
    await shop.api.put(f"{path}/mapping", json={"attributes": {}})
    waiting = await shop.upload([row("A1")])

    await shop.api.put(f"{path}/mapping", json=MAPPING)
    ready = await shop.wait_for(f"/v1/catalogs/{waiting['id']}", ("ready",))

    assert (waiting["state"], waiting["counts"]["rows"]) == ("awaiting_mapping", 1)
    assert "grade" in waiting["columns"]
    assert ready["counts"]["created"] == 1


async def test_an_identical_upload_is_recognized(shop: Shop):
    rows = [row("A1"), row("A2"), row("BAD", ean="1")]
    first = await shop.upload(rows)
    again = await shop.upload(rows)
    once_more = await shop.upload(rows)

    assert [again["duplicate_of"], once_more["duplicate_of"]] == [first["id"]] * 2
    assert again["counts"] == {
        **first["counts"],
        "created": 0,
        "unchanged": 2,
    }
    report = await shop.api.get(f"/v1/catalogs/{again['id']}/rows")
    assert [r["sku"] for r in report.json()["items"]] == ["BAD"]


async def test_the_same_bytes_after_another_catalog_are_imported(shop: Shop):
    await shop.upload([row("A1")])
    await shop.upload([row("B2")])
    back = await shop.upload([row("A1")])

    assert back["duplicate_of"] is None
    assert (back["counts"]["created"], back["counts"]["disappeared"]) == (1, 1)
    offers = await shop.offers()
    assert offers["A1"]["desired"]
    assert offers["B2"]["desired"] is None


async def test_identical_bytes_with_another_dialect_are_imported(shop: Shop):
    body = as_csv([row("A1")])
    await shop.upload_bytes(body)
    again = await shop.upload_bytes(body, separator=";")

    assert again["duplicate_of"] is None


BAD_ROWS = [
    row("OK"),
    row("-1+2", ean=""),
    row("=cmd", price="free"),
    row("@x", quantity="few", ean="123"),
]


async def test_each_problem_has_line_field_code_and_accepted_values(shop: Shop):
    catalog = await shop.upload(BAD_ROWS)

    page = (await shop.api.get(f"/v1/catalogs/{catalog['id']}/rows")).json()

    assert catalog["counts"]["invalid"] == 3
    assert [(r["line"], r["sku"], r["field"], r["code"]) for r in page["items"]] == [
        (3, "-1+2", "ean", "ean_missing"),
        (4, "=cmd", "price", "price_format"),
        (5, "@x", "ean", "ean_format"),
        (5, "@x", "quantity", "quantity_format"),
    ]
    assert all(r["message"] and r["accepted"] for r in page["items"])
    assert page["items"][1]["value"] == "free"


async def test_a_note_leaves_the_row_valid(shop: Shop):
    catalog = await shop.upload([row("A", quantity="-2"), row("B", price="free")])

    page = (await shop.api.get(f"/v1/catalogs/{catalog['id']}/rows")).json()
    csv = await shop.api.get(f"/v1/catalogs/{catalog['id']}/rejected.csv")

    assert [(r["code"], r["severity"]) for r in page["items"]] == [
        ("quantity_negative", "note"),
        ("price_format", "error"),
    ]
    assert catalog["counts"]["invalid"] == 1
    assert catalog["problem_counts"] == {"price_format": 1}
    assert catalog["note_counts"] == {"quantity_negative": 1}
    assert [line.split(",")[0] for line in csv.text.splitlines()] == ["sku", "B"]


async def test_a_report_is_paged_and_filtered_by_code(shop: Shop):
    catalog = await shop.upload(BAD_ROWS)
    path, cursor, seen = f"/v1/catalogs/{catalog['id']}/rows", None, []

    for _ in range(4):
        query = {"limit": 1} | ({"cursor": cursor} if cursor else {})
        page = (await shop.api.get(path, params=query)).json()
        seen += [(r["line"], r["field"]) for r in page["items"]]
        cursor = page["next"]
    by_code = await shop.api.get(path, params={"problem": "price_format"})

    assert seen == [(3, "ean"), (4, "price"), (5, "ean"), (5, "quantity")]
    assert cursor is None
    assert [r["line"] for r in by_code.json()["items"]] == [4]


ASKING_FOR_CSV = {
    "by the query": ({"format": "csv"}, {}),
    "by the header": ({}, {"Accept": "text/csv"}),
}


@pytest.mark.parametrize(
    ("query", "headers"), ASKING_FOR_CSV.values(), ids=ASKING_FOR_CSV.keys()
)
async def test_a_csv_report_is_complete_and_has_no_formulas(
    shop: Shop, query: dict[str, str], headers: dict[str, str]
):
    catalog = await shop.upload(BAD_ROWS)
    path = f"/v1/catalogs/{catalog['id']}/rows"

    answer = await shop.api.get(path, params={**query, "limit": "1"}, headers=headers)

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment; filename=" in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert [r["sku"] for r in rows] == ["'-1+2", "'=cmd", "'@x", "'@x"]
    assert [r["line"] for r in rows] == ["3", "4", "5", "5"]


async def test_a_csv_report_of_one_problem_has_only_that(shop: Shop):
    rows = [row(f"S{n}", ean="", price="x") for n in range(3)]
    catalog = await shop.upload(rows)

    answer = await shop.api.get(
        f"/v1/catalogs/{catalog['id']}/rows?format=csv&problem=ean_missing"
    )

    codes = [r["code"] for r in csv.DictReader(io.StringIO(answer.text))]
    assert codes == ["ean_missing"] * 3


CURSOR_OF_ROWS = ["WyJ4IiwieSIsInoiXQ", "WyI5OTk5OTk5OTk5OTk5OTk5OTk5OTkiLCIiLCIiXQ"]


@pytest.mark.parametrize("cursor", CURSOR_OF_ROWS, ids=["no number", "too large"])
async def test_a_cursor_with_an_invalid_line_is_422(shop: Shop, cursor: str):
    catalog = await shop.upload([row("A1")])

    answer = await shop.api.get(
        f"/v1/catalogs/{catalog['id']}/rows", params={"cursor": cursor}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_cursor")


async def test_catalogs_are_listed_newest_first(shop: Shop):
    made = [(await shop.upload([row(f"S{n}")]))["id"] for n in range(3)]
    path = f"/v1/stores/{shop.store_id}/catalogs"

    first = (await shop.api.get(path, params={"limit": 2})).json()
    rest = (await shop.api.get(path, params={"cursor": first["next"]})).json()

    ids = [c["id"] for c in first["items"] + rest["items"]]
    assert ids == made[::-1]
