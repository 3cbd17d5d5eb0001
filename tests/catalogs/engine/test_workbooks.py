"""Workbooks: .xlsx, .xls and .ods; their sheets, headers and cells."""

import gzip
import struct
from pathlib import Path

import pytest

from app.catalogs.engine.read.frames import LINE
from app.catalogs.engine.read.inspect import inspect_catalog
from app.catalogs.engine.read.reader import open_catalog
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits
from app.catalogs.engine.read.workbooks.cells import texts_of
from app.catalogs.engine.read.workbooks.header import find_header
from tests.catalogs.engine.books import ods, sheet_xml, xlsx, zipped_parts
from tests.catalogs.engine.samples import COLUMNS, MAPPING, row, zipped
from tests.catalogs.hostile.endings import ending_of

CASES = Path(__file__).parent.parent / "cases"
BOOKS = sorted(CASES.glob("p42-book.*"))
HEADER = ["sku", "ean", "price"]
ROW = ["a", 4006381333931, 499.99]
ROWS = [HEADER, ROW]


@pytest.fixture
def seen(stored, tmp_path):
    """What an inspection of the content finds."""

    def inspect(content, **given):
        return inspect_catalog(stored(content, **given), tmp_path)

    return inspect


def as_gzip(content: bytes) -> bytes:
    return gzip.compress(content)


def as_zip(content: bytes) -> bytes:
    return zipped({"a workbook": content})


def as_it_is(content: bytes) -> bytes:
    return content


@pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.suffix)
@pytest.mark.parametrize("packed", [as_it_is, as_gzip, as_zip])
@pytest.mark.parametrize(
    ("media_type", "filename"),
    [(None, None), ("text/csv", "offers.csv"), (None, "offers.xlsx")],
    ids=["nothing stated", "as CSV", "by its name"],
)
def test_p42_a_workbook_is_imported(shop, path, packed, media_type, filename, stored):
    source = stored(packed(path.read_bytes()), media_type=media_type, filename=filename)
    mapping = MAPPING | {"quantity": {"column": "stock"}}

    shop.upload(source.path.read_bytes(), mapping=mapping, source=source)

    assert shop.offers()["S1"] == ("active", "329.00", 4)


def test_cells_are_read_as_the_spreadsheet_shows_them(seen):
    cells = {
        "a whole number": (3.0, "3"),
        "an EAN": (4006381333931, "4006381333931"),
        "14 digits": (14006381333938.0, "14006381333938"),
        "a price": (499.99, "499.99"),
        "a sum of floats": (0.1 + 0.2, "0.3"),
        "a large number": (1e20, "100000000000000000000"),
        "a small number": (1.5e-7, "0.00000015"),
        "a negative number": (-2.50, "-2.5"),
        "a text of digits": ("00123", "00123"),
        "true": (True, "true"),
        "a date": ("<s='1'><v>45992</v>", "2025-12-01"),
        "a moment": ("<s='1'><v>45992.75</v>", "2025-12-01T18:00:00"),
        "a formula": ("<><f>1+1</f><v>2</v>", "2"),
        "a formula of text": ("<t='str'><f>A1</f><v>x</v>", "x"),
        "a shared text": ("<t='s'><v>0</v>", "é & <b>"),
        "an error": ("<t='e'><v>#N/A</v>", None),
        "an empty text": ("", None),
        "a line break": ("a\nb", "a\nb"),
    }
    rows = [list(cells), [value for value, _ in cells.values()]]

    (found,) = seen(xlsx({"S": rows}, shared=["é & <b>"])).sample

    assert found == {name: text for name, (_, text) in cells.items()}


def test_the_texts_of_errors_are_no_values():
    assert texts_of(["#N/A", "#REF!", "#DIV/0!", "#1 phone"]) == [
        "",
        "",
        "",
        "#1 phone",
    ]


SHEETS = {
    "Read me": [["Prices of May"]],
    "Hidden": ROWS,
    "Offers": [HEADER, ["b", 1, 2]],
    "2": [HEADER, ["c", 1, 2]],
}


@pytest.mark.parametrize(
    ("sheet", "sku"),
    [
        pytest.param(None, "b", id="the first visible one with a table"),
        pytest.param("Hidden", "a", id="by name, also a hidden one"),
        pytest.param(" offers", "b", id="by name in another case"),
        pytest.param("3", "b", id="by number"),
        pytest.param("2", "c", id="a name goes before a number"),
    ],
)
def test_the_sheet_is_chosen_by_name_number_or_content(seen, sheet, sku):
    book = xlsx(SHEETS, hidden=["Hidden"])

    assert seen(book, sheet=sheet).sample[0]["sku"] == sku


@pytest.mark.parametrize(
    ("sheets", "sheet", "notes"),
    [
        pytest.param(SHEETS, None, [("sheet_chosen", None)], id="of several"),
        pytest.param(SHEETS, "Offers", [], id="stated"),
        pytest.param({"S": ROWS}, None, [], id="the only one"),
        pytest.param({"S": [ROW, ROW]}, None, [("no_header", 1)], id="no header"),
        pytest.param(
            {"S": [["May"], [], HEADER, ROW]},
            None,
            [("lines_above_header", 3)],
            id="a title",
        ),
    ],
)
def test_a_guess_about_a_workbook_is_noted(seen, sheets, sheet, notes):
    book = xlsx(sheets, hidden=["Hidden"] if "Hidden" in sheets else [])

    found = seen(book, sheet=sheet)

    assert [(note.code, note.line) for note in found.detected.notes] == notes


@pytest.mark.parametrize("sheet", ["May", "0", "5", "-1", "³", "9" * 5000])
def test_an_unknown_sheet_is_rejected_with_the_names(seen, sheet):
    with pytest.raises(CatalogRejectedError) as rejected:
        seen(xlsx(SHEETS, hidden=["Hidden"]), sheet=sheet)

    assert rejected.value.code == "sheet"
    assert "Read me, Offers, 2" in (rejected.value.accepted or "")
    assert len(rejected.value.message) < 200


TOP = {
    "at once": ([], HEADER),
    "a title": ([["Prices of May"], []], HEADER),
    "a title and groups": ([["Shop"], ["Phones", None, None]], HEADER),
    "empty columns": ([[]], [None, *HEADER]),
    "a name twice, one missing": ([], ["sku", "sku", None]),
}


@pytest.mark.parametrize(("above", "header"), TOP.values(), ids=TOP.keys())
@pytest.mark.parametrize("top", [1, 4], ids=["from row 1", "from row 4"])
def test_the_header_is_found_below_titles_and_lines_are_rows(
    stored, tmp_path, above, header, top
):
    offset = len(header) - len(HEADER)
    rows = [*above, header, [None] * offset + ROW, [], [None] * offset + ROW]
    source = stored(xlsx({"S": sheet_xml(rows, top)}))

    with open_catalog(source, None, tmp_path) as opened:
        lines = opened.frame.collect()[LINE].to_list()

    first = top + len(above)
    assert lines == [first + 1, first + 3]
    assert opened.columns[0] == "sku"
    assert len(opened.columns) == len(HEADER)


def test_a_sheet_without_a_header_loses_no_row(seen):
    found = seen(xlsx({"S": [ROW, ROW]}))

    assert (found.columns, found.rows) == (("column_1", "column_2", "column_3"), 2)


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        pytest.param([HEADER, ROW], 0, id="names above numbers"),
        pytest.param([["sku", "2024", "2025"], ["a", 1, 2]], None, id="years"),
        pytest.param([["sku", "ean", "2025"], ["a", 1, 2]], 0, id="one year"),
        pytest.param([ROW, ROW], None, id="data"),
        pytest.param([["a", "1", "2"], ["b", "3", "4"]], None, id="digits as text"),
        pytest.param([["sku", "name"], ["a", "b"]], 0, id="only texts"),
        pytest.param([["sku"], ["a"]], 0, id="one column"),
        pytest.param([HEADER], 0, id="only a header"),
        pytest.param([], None, id="nothing"),
    ],
)
def test_a_row_with_numbers_above_numbers_is_no_header(rows, header):
    assert find_header(rows) == (header if rows else 0) or not rows


def ods_row(*texts: str, cells: str = "", repeated: int = 1) -> str:
    value = '<table:table-cell office:value-type="string"><text:p>{}</text:p>'
    filled = "".join(f"{value.format(text)}</table:table-cell>" for text in texts)
    start = f'<table:table-row table:number-rows-repeated="{repeated}">'
    return f"{start}{filled}{cells}</table:table-row>"


def ods_cells(repeated: int, more: str = "") -> str:
    return f'<table:table-cell table:number-columns-repeated="{repeated}" {more}/>'


def test_trailing_empty_rows_of_a_spreadsheet_are_no_rows(seen):
    texts = [("sku", "name"), ("a", "x"), ("b", "y")]
    rows = "".join(ods_row(*row, cells=ods_cells(16_000)) for row in texts)

    found = seen(ods(rows + ods_row(cells=ods_cells(1), repeated=1_048_000)))

    assert (found.columns, found.rows) == (("sku", "name"), 2)


def test_cells_that_only_have_a_format_do_not_count(seen):
    table = sheet_xml(ROWS).removesuffix("</sheetData>")
    formats = '<row r="1048576"><c r="A1048576" s="1"/><c r="XFD1048576" s="1"/></row>'

    found = seen(xlsx({"S": f"{table}{formats}</sheetData>"}))

    assert (found.columns, found.rows) == (tuple(HEADER), 1)


def test_rows_and_columns_without_a_value_do_not_count(shop):
    content = xlsx({"S": [list(COLUMNS), list(row("A").values()), [None, None, ""]]})

    result = shop.upload(content)

    assert result.counts.rows == 1
    assert shop.offers() == {"A": ("active", "199.90", 5)}


CORNERS = (
    '<sheetData><row r="1"><c r="A1"><v>1</v></c></row>'
    '<row r="{row}"><c r="{column}{row}"><v>1</v></c></row></sheetData>'
)


def with_circle(place: int) -> bytes:
    """An old workbook in which a chain of sectors leads back to its start.

    `place` is where the header has the first sector of the chain.
    """
    book = bytearray((CASES / "p42-book.xls").read_bytes())
    (first,) = struct.unpack_from("<I", book, place)
    (table,) = struct.unpack_from("<I", book, 76)
    first = 0 if first > len(book) else first
    struct.pack_into("<I", book, place, first)
    struct.pack_into("<I", book, (table + 1) * 512 + first * 4, first)
    return bytes(book)


ONE = 'office:value-type="float" office:value="1"'
HOSTILE = {
    "a Word document": (
        zipped_parts({"[Content_Types].xml": "x", "word/document.xml": "x"}),
        "unknown_format",
    ),
    "a text document": (
        zipped_parts({"mimetype": "application/vnd.oasis.opendocument.text"}),
        "unknown_format",
    ),
    "no sheet": (xlsx({}), "empty"),
    "an empty sheet": (xlsx({"S": []}), "empty"),
    "only a header": (xlsx({"S": [HEADER]}), "empty"),
    "all sheets hidden": (xlsx({"S": ROWS}, hidden=["S"]), "empty"),
    "a part that is no XML": (xlsx({"S": "<sheetData><row"}), "unreadable"),
    "a reference to nothing": (
        xlsx({"S": [["<t='s'><v>7</v>", "x"], ["y", "z"]]}),
        "unreadable",
    ),
    "a torn old workbook": (
        (CASES / "p42-book.xls").read_bytes()[:2000],
        "unreadable",
    ),
    "sectors in a circle": (with_circle(48), "unreadable"),
    "small sectors in a circle": (with_circle(60), "unreadable"),
    "an OLE container without a workbook": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4000),
        "unreadable",
    ),
    "cells in opposite corners": (
        xlsx({"S": CORNERS.format(column="XFD", row=1048576)}),
        "too_many_columns",
    ),
    "cells far apart": (
        xlsx({"S": CORNERS.format(column="ZZ", row=1048576)}),
        "too_large",
    ),
    "cells beyond any sheet": (
        xlsx({"S": CORNERS.format(column="ZZZZZZ", row=4294967290)}),
        "too_many_columns",
    ),
    "rows beyond any sheet": (
        xlsx({"S": CORNERS.format(column="A", row=4294967290)}),
        "too_large",
    ),
    "places that are only counted": (
        xlsx(
            {
                "S": '<sheetData><row r="1"><c r="ZZ1"><v>1</v></c></row>'
                '<row r="1048576"><c><v>1</v></c></row></sheetData>'
            }
        ),
        "too_large",
    ),
    "16,000 columns": (
        xlsx({"S": [[f"c{n}" for n in range(16_000)], ["x", "y"]]}),
        "too_many_columns",
    ),
    "a cell of 2 MB": (
        xlsx({"S": [HEADER, ["a", "b", "x" * 2**21]]}),
        "cell_too_large",
    ),
    "a cell repeated over the sheet": (
        ods(ods_row(cells=ods_cells(1000, ONE), repeated=1_048_576)),
        "too_large",
    ),
    "a DOCTYPE": (
        zipped_parts(
            {
                "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
                "content.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
            }
        ),
        "unsafe_xml",
    ),
}


@pytest.mark.parametrize(("content", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_workbook_is_rejected_within_the_memory_limit(
    tmp_path, content, code
):
    path = tmp_path / "book"
    path.write_bytes(content)

    assert ending_of(path)["code"] == code


def test_a_workbook_that_expands_is_a_bomb(seen):
    limits = ReadLimits(max_ratio=5, ratio_counts_after_bytes=100_000)

    with pytest.raises(CatalogRejectedError) as rejected:
        seen(xlsx({"S": [HEADER, *[["a", 1, 2]] * 50_000]}), limits=limits)

    assert rejected.value.code == "too_large"


def test_a_part_that_is_larger_than_stated_is_refused(seen):
    book = bytearray(xlsx({"S": [HEADER, *[ROW] * 100]}))
    name = b"xl/worksheets/sheet1.xml"
    local, central = book.find(name) - 30, book.rfind(name) - 46
    for place in (local + 22, central + 24):
        struct.pack_into("<I", book, place, 200)

    with pytest.raises(CatalogRejectedError) as rejected:
        seen(bytes(book))

    assert rejected.value.code == "unreadable"
    assert "larger than" in rejected.value.message


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods"])
def test_text_that_is_called_a_workbook_is_rejected(seen, name):
    with pytest.raises(CatalogRejectedError) as rejected:
        seen(b"sku,ean\na,b\n", filename=name)

    assert rejected.value.code == "unknown_format"


@pytest.mark.parametrize(
    "given", [{"media_type": "application/vnd.ms-excel"}, {"filename": "a.xls"}]
)
def test_csv_that_windows_calls_excel_is_csv(seen, given):
    found = seen(b"sku,ean\na,b\n", **given)

    assert (found.detected.format, found.columns) == ("csv", ("sku", "ean"))
