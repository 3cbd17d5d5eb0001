"""Uploads: what is accepted, and what is refused."""

import gzip
from typing import Any

import httpx
import pytest

from app.catalogs.uploads.body import encoding_of
from app.settings import Settings
from tests.catalogs.bodies import (
    ROWS,
    as_feed,
    as_json,
    as_ndjson,
    as_parquet,
    as_tsv,
)
from tests.catalogs.engine.books import xlsx
from tests.catalogs.engine.samples import zipped
from tests.catalogs.uploading import disposition, files_in, form
from tests.support.shop import COLUMNS, Shop, as_csv, row

BOOK = xlsx({"Stock": [list(ROWS[0]), *[list(cells.values()) for cells in ROWS]]})
FORMATS: dict[str, tuple[bytes, dict[str, str], str]] = {
    "CSV": (as_csv(ROWS), {"Content-Type": "text/csv"}, "csv"),
    "CSV with a charset": (
        as_csv(ROWS),
        {"Content-Type": 'text/csv; charset="us-ascii"'},
        "csv",
    ),
    "TSV": (as_tsv(), {"Content-Type": "text/tab-separated-values"}, "tsv"),
    "NDJSON": (as_ndjson(), {"Content-Type": "application/x-ndjson"}, "ndjson"),
    "JSON": (as_json(), {"Content-Type": "application/json"}, "json"),
    "XML": (as_feed(), {"Content-Type": "application/xml"}, "xml"),
    "RSS": (as_feed(), {"Content-Type": "application/rss+xml"}, "xml"),
    "XML with a charset": (
        as_feed(),
        {"Content-Type": "text/xml; charset=utf-8"},
        "xml",
    ),
    "Parquet": (
        as_parquet(),
        {"Content-Type": "application/vnd.apache.parquet"},
        "parquet",
    ),
    "a workbook": (BOOK, {"Content-Type": "application/vnd.ms-excel"}, "xlsx"),
    "a workbook as CSV": (BOOK, {"Content-Type": "text/csv"}, "xlsx"),
    "a workbook in gzip, by its name": (
        gzip.compress(BOOK),
        {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": 'attachment; filename="stock.xlsx.gz"',
        },
        "xlsx",
    ),
    "a workbook in a form": (
        form((disposition('name="file"; filename="stock.xlsx"'), BOOK)),
        {"Content-Type": "multipart/form-data; boundary=x"},
        "xlsx",
    ),
    "a workbook in a ZIP": (
        zipped({"stock.xlsx": BOOK}),
        {"Content-Type": "application/zip"},
        "xlsx",
    ),
    "ZIP": (
        zipped({"stock.json": as_json()}),
        {"Content-Type": "application/zip"},
        "json",
    ),
    "Parquet by its name": (
        as_parquet(),
        {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": 'attachment; filename="stock.parquet"',
        },
        "parquet",
    ),
    "a feed in gzip, by its name": (
        gzip.compress(as_feed()),
        {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": 'attachment; filename="feed.xml.gz"',
        },
        "xml",
    ),
    "a ZIP in a form": (
        form(
            (
                disposition('name="file"; filename="stock.zip"')
                + "\r\nContent-Type: application/x-zip-compressed",
                zipped({"feed.xml": as_feed()}),
            ),
        ),
        {"Content-Type": "multipart/form-data; boundary=x"},
        "xml",
    ),
    "gzip": (gzip.compress(as_csv(ROWS)), {"Content-Type": "application/gzip"}, "csv"),
    "gzip as content encoding": (
        gzip.compress(as_json()),
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        "json",
    ),
    "known by the file's name": (
        gzip.compress(as_ndjson()),
        {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": 'attachment; filename="stock.ndjson.gz"',
        },
        "ndjson",
    ),
    "a form": (
        form(
            (disposition('name="note"'), b"hello"),
            (
                disposition('name="file"; filename="stock.csv"')
                + "\r\nContent-Type: text/csv",
                as_csv(ROWS),
            ),
            (disposition('name="more"'), b"bye"),
        ),
        {"Content-Type": "multipart/form-data; boundary=x"},
        "csv",
    ),
    "a form with the field `file` and no file name": (
        form(
            (disposition("name=file") + "\r\nContent-Type: application/json", as_json())
        ),
        {"Content-Type": 'multipart/form-data; boundary="x"'},
        "json",
    ),
}


@pytest.mark.parametrize(
    ("body", "headers", "found"), FORMATS.values(), ids=FORMATS.keys()
)
async def test_every_supported_format_is_accepted(
    shop: Shop, body: bytes, headers: dict[str, str], found: str
):
    answer = await shop.api.post(
        f"/v1/stores/{shop.store_id}/catalogs", content=body, headers=headers
    )
    catalog = await shop.wait_for(
        answer.headers["Location"], ("ready", "rejected", "awaiting_mapping")
    )

    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "2"
    assert catalog["rejection"] is None
    assert (catalog["detected"]["format"], catalog["counts"]["created"]) == (found, 2)
    assert set(catalog["columns"]) == set(COLUMNS)


NAMES: dict[str, tuple[str, str | None]] = {
    "quoted": ('attachment; filename="my stock.csv"', "my stock.csv"),
    "bare": ("attachment; filename=stock.csv", "stock.csv"),
    "with quotes inside": (r'attachment; filename="a \"b\".csv"', 'a "b".csv'),
    "a semicolon inside": ('attachment; filename="a;b.csv"', "a;b.csv"),
    "UTF-8": ('attachment; filename="prix-été-ž.csv"', "prix-été-ž.csv"),
    "RFC 6266": ("attachment; filename*=UTF-8''prix%20%C5%BE.csv", "prix ž.csv"),
    "with a folder": ('attachment; filename="../../etc/x.csv"', "x.csv"),
    "with a drive": (r'attachment; filename="C:\\data\\x.csv"', "x.csv"),
    "none": ("attachment", None),
    "nonsense": ("=;=;=", None),
}


# A form's part without a disposition is no file at all.
SENT_AS = {
    f"{case}, {'raw' if raw else 'form'}": (*entry, raw)
    for raw in (True, False)
    for case, entry in NAMES.items()
    if raw or entry[1] is not None
}


@pytest.mark.parametrize(("header", "name", "raw"), SENT_AS.values(), ids=SENT_AS)
async def test_the_file_name_is_stored_without_its_folder(
    api: httpx.AsyncClient,
    path: str,
    header: str,
    name: str | None,
    raw: bool,  # noqa: FBT001 - a row of the table
):
    body, kind = b"a;b\n1;2\n", "text/csv"
    headers: dict[str, Any] = {"Content-Disposition": header.encode()}
    if not raw:
        rest = header.replace(
            "attachment", 'Content-Disposition: form-data; name="file"'
        )
        body = form((f"{rest}\r\nContent-Type: text/csv", body))
        headers, kind = {}, "multipart/form-data; boundary=x"
    answer = await api.post(
        path, content=body, headers={**headers, "Content-Type": kind}
    )

    assert answer.status_code == 202, answer.text
    assert answer.json()["filename"] == name
    assert answer.json()["size_bytes"] == 8


CSV_TYPE = ("Content-Type", "text/csv")
GZIP = ("Content-Encoding", "gzip")
FOREIGN = {
    "text": [("Content-Type", "text/plain")],
    "curl's default": [("Content-Type", "application/x-www-form-urlencoded")],
    "Word": [("Content-Type", "application/msword")],
    "none": [],
    "an unknown content encoding": [CSV_TYPE, ("Content-Encoding", "br")],
    "nested content encodings": [CSV_TYPE, ("Content-Encoding", "gzip, gzip")],
    "nested content encodings in two headers": [CSV_TYPE, GZIP, GZIP],
    "one that hides another": [CSV_TYPE, ("Content-Encoding", "identity"), GZIP],
}


@pytest.mark.parametrize("headers", FOREIGN.values(), ids=FOREIGN.keys())
async def test_another_media_type_is_415_and_names_the_accepted_ones(
    api: httpx.AsyncClient,
    path: str,
    settings: Settings,
    headers: list[tuple[str, str]],
):
    answer = await api.post(path, content=as_csv(ROWS), headers=headers)

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["code"]) == (415, "unsupported_media_type")
    expected = "gzip, identity" if "Content-Encoding" in dict(headers) else "text/csv"
    assert expected in error["accepted"]
    assert files_in(settings) == []


BAD_FORMS = {
    "no boundary": ("multipart/form-data", form((disposition("name=file"), b"x"))),
    "an endless boundary": ("multipart/form-data; boundary=" + "b" * 500, b""),
    "no file": (
        "multipart/form-data; boundary=x",
        form((disposition('name="note"'), b"hello")),
    ),
    "empty": ("multipart/form-data; boundary=x", b""),
    "not a form": ("multipart/form-data; boundary=x", b"hello"),
    "cut off in the file": (
        "multipart/form-data; boundary=x",
        form((disposition('name="file"; filename="a.csv"'), as_csv(ROWS)), ending=""),
    ),
    "two files": (
        "multipart/form-data; boundary=x",
        form(
            (disposition('name="file"; filename="a.csv"'), as_csv(ROWS)),
            (disposition('name="more"; filename="b.csv"'), as_csv(ROWS)),
        ),
    ),
}


@pytest.mark.parametrize(("kind", "body"), BAD_FORMS.values(), ids=BAD_FORMS.keys())
async def test_a_form_without_exactly_one_whole_file_is_422(
    api: httpx.AsyncClient, path: str, settings: Settings, kind: str, body: bytes
):
    answer = await api.post(path, content=body, headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (422, "bad_form")
    assert answer.json()["errors"][0]["accepted"] == "a form with one file"
    assert files_in(settings) == []


UNKNOWN: dict[str, tuple[str, str, str, str]] = {
    "separator": ("?separator=%23", "text/csv", "separator", ", ; | or tab"),
    "empty separator": ("?separator=", "text/csv", "separator", ", ; | or tab"),
    "quote": ("?quote_char=*", "text/csv", "quote_char", "\" or ' or none"),
    "encoding": ("?encoding=klingon", "text/csv", "encoding", "UTF-8"),
    "an encoding that is none of text": (
        "?encoding=base64",
        "text/csv",
        "encoding",
        "windows-1252",
    ),
    "charset": ("", "text/csv; charset=ebcdic-foo", "content-type", "ISO-8859-15"),
}


@pytest.mark.parametrize(
    ("tail", "kind", "field", "accepted"), UNKNOWN.values(), ids=UNKNOWN.keys()
)
async def test_an_unknown_dialect_is_refused_before_the_upload(
    api: httpx.AsyncClient, path: str, tail: str, kind: str, field: str, accepted: str
):
    answer = await api.post(
        path + tail, content=as_csv(ROWS), headers={"Content-Type": kind}
    )

    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, field)
    assert accepted in error["accepted"]


GIVEN = {
    "tab by name": (as_tsv(), {"separator": "tab"}),
    "a tab": (as_tsv(), {"separator": "\t"}),
    "no quote": (as_csv(ROWS), {"quote_char": "none"}),
    "an empty quote": (as_csv(ROWS), {"quote_char": ""}),
    "latin-1": (as_csv(ROWS), {"encoding": "Latin-1"}),
    "cp1252": (as_csv(ROWS), {"encoding": "windows-1252", "separator": ";"}),
    "UTF-8 with a mark": (b"\xef\xbb\xbf" + as_csv(ROWS), {"encoding": "utf-8-sig"}),
}


@pytest.mark.parametrize(("body", "given"), GIVEN.values(), ids=GIVEN.keys())
async def test_stated_properties_override_detection(
    shop: Shop, body: bytes, given: dict[str, str]
):
    catalog = await shop.upload_bytes(body, **given)

    assert (catalog["state"], catalog["counts"]["created"]) == ("ready", 2)


async def test_the_sheet_of_a_workbook_can_be_named(shop: Shop):
    rows = [list(cells.values()) for cells in ROWS]
    book = xlsx({"Old": [list(ROWS[0]), rows[0]], "New": [list(ROWS[0]), *rows]})

    found = [await shop.upload_bytes(book, sheet=name) for name in ("New", "1", "May")]

    assert [c["counts"]["rows"] for c in found[:2]] == [2, 1]
    assert found[2]["rejection"]["code"] == "sheet"
    assert found[2]["rejection"]["accepted"].endswith("Old, New")


@pytest.mark.parametrize("name", ["cp1252", "utf-16", "cp1250", "iso8859-15"])
async def test_a_stated_encoding_is_used(shop: Shop, name: str):
    body = as_csv([row("Ä1")]).decode().encode(name)

    catalog = await shop.upload_bytes(body, encoding=name)

    assert (catalog["state"], catalog["counts"]["created"]) == ("ready", 1)
    assert encoding_of(name) == name
