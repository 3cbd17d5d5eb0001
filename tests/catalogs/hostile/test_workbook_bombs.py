"""Workbooks that state or unpack to more than there is."""

import io
import re
import struct
import zipfile
from pathlib import Path

import pytest

from tests.catalogs.engine.books import ods, sheet_xml, xlsx, zipped_parts
from tests.catalogs.hostile.endings import ending_of

CASES = Path(__file__).parents[1] / "cases"
HEADER = ["sku", "title"]
GOOD = ["a", "b"]
TEXT = 'office:value-type="string"'
SHARED = "<t='s'><v>0</v>"
MOST = 2**31 - 1
BOF, DIMENSIONS, SHARED_TEXTS, CELL = 0x0809, 0x0200, 0x00FC, 0x00FD


def book(*rows: list[object], shared: list[str] | None = None) -> bytes:
    return xlsx({"S": [HEADER, GOOD, *rows]}, shared=shared or [])


def with_part(name: str, content: str) -> bytes:
    """A sound workbook but for this part."""
    with zipfile.ZipFile(io.BytesIO(book())) as archive:
        parts = {part: archive.read(part).decode() for part in archive.namelist()}
    return zipped_parts(parts | {name: content})


def with_sheets(count: int, rows: int) -> bytes:
    """So many sheets that are the same part, with one column."""
    one = xlsx({"S": [["x"]] * rows})
    with zipfile.ZipFile(io.BytesIO(one)) as archive:
        parts = {part: archive.read(part).decode() for part in archive.namelist()}
    sheet = re.findall("<sheet [^>]*/>", parts["xl/workbook.xml"])[0]
    sheets = "".join(sheet.replace('"S"', f'"S{n}"') for n in range(count))
    changed = parts["xl/workbook.xml"].replace(sheet, sheets)
    return zipped_parts(parts | {"xl/workbook.xml": changed})


def ods_table(*rows: str) -> bytes:
    header = ods_row(
        ods_cell("<text:p>sku</text:p>") + ods_cell("<text:p>title</text:p>")
    )
    return ods("".join([header, *rows]))


def ods_row(cells: str, repeated: int = 1) -> str:
    name = "table:table-row"
    return f'<{name} table:number-rows-repeated="{repeated}">{cells}</{name}>'


def ods_cell(content: str, repeated: int = 1, kind: str = TEXT) -> str:
    name = "table:table-cell"
    place = f'table:number-columns-repeated="{repeated}"'
    return f"<{name} {place} {kind}>{content}</{name}>"


def ods_spaces(count: int) -> str:
    return f'<text:p>x<text:s text:c="{count}"/></text:p>'


def old_book(record: int, at: int, layout: str, *values: int) -> bytes:
    """An .xls file whose first record of this kind has other values in it."""
    content = bytearray((CASES / "p42-book.xls").read_bytes())
    place = content.index(struct.pack("<HH", BOF, 16))
    while (head := struct.unpack_from("<HH", content, place))[0] != record:
        place += 4 + head[1]
    struct.pack_into(layout, content, place + 4 + at, *values)
    return bytes(content)


BOMBS = {
    "a stated size of a whole sheet": (
        lambda: xlsx(
            {"S": '<dimension ref="A1:XFD1048576"/>' + sheet_xml([HEADER, GOOD])}
        ),
        None,
    ),
    "a stated size beyond any sheet": (
        lambda: xlsx(
            {"S": '<dimension ref="A1:ZZZZZZZ9999999999"/>' + sheet_xml([HEADER, GOOD])}
        ),
        None,
    ),
    "eight million shared texts": (
        lambda: with_part("xl/sharedStrings.xml", "<sst>" + "<si/>" * 8_000_000),
        "too_large",
    ),
    "a shared text of 1 MB in 2,000 cells": (
        lambda: book(*[["a", SHARED]] * 2000, shared=["x" * 1_000_000]),
        "parser_limit",
    ),
    "a part that is a bomb": (
        lambda: with_part("xl/media/image1.png", "\0" * 60_000_000),
        "too_large",
    ),
    "a million levels": (
        lambda: xlsx({"S": "<sheetData>" + "<x>" * 1_000_000}),
        "unreadable",
    ),
    "entities in shared texts": (
        lambda: with_part(
            "xl/sharedStrings.xml",
            '<!DOCTYPE a [<!ENTITY b "c">]><sst><si><t>&b;</t></si></sst>',
        ),
        "unreadable",
    ),
    "1,001 sheets": (lambda: with_sheets(1001, 1), "too_large"),
    "a large sheet without a table many times": (
        lambda: with_sheets(900, 10_000),
        "too_large",
    ),
    "a number of 4,301 digits": (
        lambda: book(["x", f"<><v>{'9' * 4301}</v>"]),
        None,
    ),
    "numbers beyond any float": (
        lambda: book(["x", "<><v>1e5000</v>"], ["y", "<><v>nan</v>"]),
        None,
    ),
    "a date beyond any calendar": (
        lambda: book(["x", '<s="1"><v>1e300</v>'], ["y", '<t="d"><v>99999-99-99</v>']),
        None,
    ),
    "a row of number 0": (
        lambda: xlsx({"S": '<sheetData><row r="0"><c r="A0"><v>1</v></c></row>'}),
        "unreadable",
    ),
    "ods: 900,000 blanks in 800 rows": (
        lambda: ods_table(
            *[ods_row(ods_cell("") + ods_cell(ods_spaces(900_000)))] * 800
        ),
        "parser_limit",
    ),
    "ods: a blank 4 billion times": (
        lambda: ods_table(ods_row(ods_cell(ods_spaces(MOST)))),
        "parser_limit",
    ),
    "ods: a text of 1 MB in 1,000 rows": (
        lambda: ods_table(
            ods_row(ods_cell(f"<text:p>{'x' * 1_000_000}</text:p>"), 1000)
        ),
        "parser_limit",
    ),
    "ods: 2^40 rows": (
        lambda: ods_table(ods_row(ods_cell("<text:p>x</text:p>"), 2**40)),
        "too_large",
    ),
    "ods: 2^40 columns": (
        lambda: ods_table(ods_row(ods_cell("<text:p>x</text:p>", 2**40))),
        "too_many_columns",
    ),
    "ods: a value far below empty rows": (
        lambda: ods_table(ods_row("", 2**31), ods_row(ods_cell("<text:p>x</text:p>"))),
        "too_large",
    ),
    "ods: a value far right of empty cells": (
        lambda: ods_table(
            ods_row(ods_cell("", 16_000, "") + ods_cell("<text:p>x</text:p>"))
        ),
        "too_many_columns",
    ),
    "ods: a million levels": (lambda: ods_table("<x>" * 1_000_000), "unreadable"),
    "xls: a stated size of 2^32 rows": (
        lambda: old_book(DIMENSIONS, 0, "<IIHH", 0, 2**32 - 1, 0, 65535),
        "parser_limit",
    ),
    "xls: a stated size that is negative": (
        lambda: old_book(DIMENSIONS, 0, "<IIHH", 2**32 - 1, 0, 65535, 0),
        None,
    ),
    "xls: 2^31 shared texts": (
        lambda: old_book(SHARED_TEXTS, 0, "<ii", MOST, MOST),
        None,
    ),
    "xls: a cell in the last corner": (
        lambda: old_book(CELL, 0, "<HH", 65535, 65535),
        "parser_limit",
    ),
}


@pytest.mark.parametrize(("build", "code"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_rejected_within_the_memory_limit(tmp_path, build, code):
    path = tmp_path / "bomb"
    path.write_bytes(build())

    assert ending_of(path)["code"] == code
