"""A bomb of each format, packed in each way, at each place that reads files."""

import gzip
from datetime import timedelta

import polars as pl
import pytest

from app.catalogs.engine.config import ImportConfig
from app.catalogs.engine.pipeline.preview import preview_catalog
from app.catalogs.engine.read.formulas import NOTE_COLUMNS
from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.reader import LINE
from app.catalogs.engine.read.source import SourceFile
from app.catalogs.engine.report.rejected_rows import csv_on_lines
from app.catalogs.engine.report.source_rows import find_rows
from app.catalogs.mapping.propose_from import propose_from
from app.settings import Settings
from app.stores.mapping.mapping_model import CatalogMapping
from tests.catalogs.engine.books import xlsx
from tests.catalogs.engine.samples import BILLION_LAUGHS, zipped
from tests.catalogs.hostile.endings import LIMITS, outcome
from tests.catalogs.hostile.parquet_files import data_page, table, texts
from tests.catalogs.hostile.test_csv_bombs import names
from tests.catalogs.hostile.test_workbook_bombs import (
    DIMENSIONS,
    MOST,
    ods_cell,
    ods_row,
    ods_spaces,
    ods_table,
    old_book,
)
from tests.support.shop import Shop, row

FAR = (
    '<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
)
ATOM = b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><a>%b</a></entry></feed>'
BOMBS = {
    "csv": (names(100_007) + b"1,2\n", "too_many_columns"),
    "tsv": (b"\t".join([b"a"] * 5_001) + b"\nx", "too_many_columns"),
    "json": (b"[" * 100_000, "nested_too_deeply"),
    "json-object": (b'{"x":{"y":[{"a":' + b"9" * 4301 + b"}]}}", "number_too_long"),
    "ndjson": (b'{"a":1}\n{"a":' + b"[" * 900 + b"]" * 900 + b"}", "nested_too_deeply"),
    "rss": (BILLION_LAUGHS, "unsafe_xml"),
    "atom": (ATOM % (b"x" * 2_000_000), "too_large"),
    "parquet": (
        table(data_page(texts(b"x"), 3, MOST), codec=2),
        "parser_limit",
    ),
    "xlsx": (xlsx({"S": FAR}), "too_many_columns"),
    "xls": (
        old_book(DIMENSIONS, 0, "<IIHH", 0, 2**32 - 1, 0, 65535),
        "parser_limit",
    ),
    "ods": (ods_table(ods_row(ods_cell(ods_spaces(MOST)))), "parser_limit"),
}
PACKINGS = {
    "as it is": lambda content: content,
    "gzip": gzip.compress,
    "zip": lambda content: zipped({"bomb": content}),
}
MAPPING = CatalogMapping(attributes={"sku": {"column": "a"}})
CONFIG = ImportConfig(MAPPING, {}, "EUR")
NOTES = pl.DataFrame({LINE: [2], **{name: ["x"] for name in NOTE_COLUMNS}})
READERS = {
    "inspection": lambda source, folder: (inspect_catalog, source, folder),
    "preview": lambda source, folder: (
        *(preview_catalog, source, CONFIG, folder, 32 << 20, 20),
    ),
    "proposal": lambda source, folder: (propose_from, source, 4 << 20, 200, folder),
    "rejected rows": lambda source, folder: (csv_on_lines, folder, source, NOTES),
    "row of an offer": lambda source, folder: (find_rows, source, MAPPING, "x", folder),
}


@pytest.mark.parametrize("pack", PACKINGS.values(), ids=PACKINGS.keys())
@pytest.mark.parametrize(("content", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_rejected_however_it_is_packed(tmp_path, content, code, pack):
    path = tmp_path / "bomb"
    path.write_bytes(pack(content))

    found = outcome(inspect_catalog, SourceFile(path), tmp_path, limits=LIMITS)

    assert found["code"] == code


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS.keys())
@pytest.mark.parametrize(("content", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_rejected_wherever_it_is_read(tmp_path, content, code, reader):
    path = tmp_path / "bomb"
    path.write_bytes(content)

    found = outcome(*reader(SourceFile(path), tmp_path), limits=LIMITS)

    # A place that reads mapped columns may notice first that they are missing.
    assert found["code"] in {code, "missing_column"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The lowest limits that may be set."""
    low = {"parser_memory_bytes": 256 * 1024**2, "parser_cpu": timedelta(seconds=3)}
    return settings.model_copy(update=low)


@pytest.mark.long
async def test_bombs_harm_neither_the_service_nor_other_catalogs(shop: Shop):
    """Each format once: the catalog is rejected, and the store's next one is read."""
    await shop.upload([row("A1", quantity=5)])

    ended = {}
    for name, (content, _) in BOMBS.items():
        catalog = await shop.upload_bytes(
            gzip.compress(content), "application/gzip", wait=False
        )
        place = f"/v1/catalogs/{catalog['id']}"
        ended[name] = await shop.wait_for(place, ("rejected", "ready"))
        preview = await shop.api.post(
            f"/v1/stores/{shop.store_id}/mapping/preview",
            json={"catalog_id": catalog["id"]},
        )
        assert preview.status_code in {409, 422}, preview.text
    ready = await shop.upload([row("A1", quantity=8)])

    assert {name: catalog["state"] for name, catalog in ended.items()} == dict.fromkeys(
        BOMBS, "rejected"
    )
    codes = {name: catalog["rejection"]["code"] for name, catalog in ended.items()}
    assert all(
        codes[name] in {code, "missing_column"} for name, (_, code) in BOMBS.items()
    ), codes
    assert (ready["state"], ready["counts"]["changed"]) == ("ready", 1)
