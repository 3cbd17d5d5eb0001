"""Writes the synthetic catalog in one format: FORMAT FILE ROWS."""

import json
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO
from xml.sax.saxutils import escape

import polars as pl

from bench.samples import make_catalog

FORMATS = ("quoted", "ndjson", "json", "xml", "xlsx", "parquet")
FEED_NAMES = {
    "sku": "g:id",
    "ean": "g:gtin",
    "title": "title",
    "category": "g:product_type",
    "price": "g:price",
    "quantity": "g:quantity",
    "condition": "g:condition",
    "warranty": "g:warranty",
    "image": "g:image_link",
    "description": "description",
}
NUMBERS = ("ean", "price", "quantity", "warranty")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
Row = dict[str, str | None]


def catalog(rows: int) -> pl.DataFrame:
    """The catalog of `bench.samples`, all cells as texts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "catalog.csv"
        make_catalog(path, rows)
        return pl.read_csv(path, infer_schema=False)


def write_csv(frame: pl.DataFrame, path: Path) -> None:
    frame.write_csv(path)


def write_quoted(frame: pl.DataFrame, path: Path) -> None:
    """Every cell in quotes; the description is HTML with quotes and line breaks."""
    text = pl.format('<p class="text">\n{}<br/>\r\n</p>', "description")
    frame.with_columns(description=text).write_csv(path, quote_style="always")


def write_parquet(frame: pl.DataFrame, path: Path) -> None:
    whole = pl.col("quantity", "warranty").cast(pl.Int32)
    frame.with_columns(whole, pl.col("ean").cast(pl.Int64)).write_parquet(path)


def write_ndjson(frame: pl.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{record}\n" for record in _objects(frame))


def write_json(frame: pl.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for number, record in enumerate(_objects(frame)):
            file.write(f"{',' if number else '['}\n {record}")
        file.write("\n]\n")


def _objects(frame: pl.DataFrame) -> Iterator[str]:
    for row in frame.iter_rows(named=True):
        members = (f'"{n}": {_json(n, text)}' for n, text in row.items())
        yield f"{{{', '.join(members)}}}"


def _json(name: str, text: str | None) -> str:
    return text if text and _is_number(name, text) else json.dumps(text)


def _is_number(name: str, text: str) -> bool:
    return name in NUMBERS and text.replace(".", "", 1).isdigit()


def write_xml(frame: pl.DataFrame, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write('<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0">\n')
        file.write("<channel><title>Shop</title>\n")
        for row in frame.iter_rows(named=True):
            inner = "".join(
                f"<{FEED_NAMES[name]}>{escape(text or '')}</{FEED_NAMES[name]}>\n"
                for name, text in row.items()
            )
            file.write(f"<item>\n{inner}</item>\n")
        file.write("</channel></rss>\n")


def write_xlsx(frame: pl.DataFrame, path: Path) -> None:
    """One sheet; texts are shared, as Excel writes them."""
    shared: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _BOOK.items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w") as file:
            _write_sheet(file, frame, shared)
        with archive.open("xl/sharedStrings.xml", "w") as file:
            file.write(f'<sst xmlns="{_MAIN}">'.encode())
            for text in shared:
                file.write(f"<si><t>{escape(text)}</t></si>".encode())
            file.write(b"</sst>")


def _write_sheet(file: IO[bytes], frame: pl.DataFrame, shared: dict[str, int]) -> None:
    file.write(f'<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
    header = {name: name for name in frame.columns}
    rows = [header, *frame.iter_rows(named=True)]
    for number, row in enumerate(rows, start=1):
        cells = (
            _cell(f"{chr(ord('A') + column)}{number}", name, text, shared)
            for column, (name, text) in enumerate(row.items())
            if text
        )
        file.write(f'<row r="{number}">{"".join(cells)}</row>'.encode())
    file.write(b"</sheetData></worksheet>")


def _cell(place: str, name: str, text: str, shared: dict[str, int]) -> str:
    if _is_number(name, text):
        return f'<c r="{place}"><v>{text}</v></c>'
    number = shared.setdefault(text, len(shared))
    return f'<c r="{place}" t="s"><v>{number}</v></c>'


def _links(*targets: tuple[str, str]) -> str:
    inner = "".join(
        f'<Relationship Id="r{n}" Type="{_DOCUMENT}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{inner}</Relationships>'


_BOOK = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>',
    "_rels/.rels": _links(("officeDocument", "xl/workbook.xml")),
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>'
    '<sheet name="Offers" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": _links(
        ("worksheet", "worksheets/sheet1.xml"), ("sharedStrings", "sharedStrings.xml")
    ),
}
WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    "csv": write_csv,
    "quoted": write_quoted,
    "ndjson": write_ndjson,
    "json": write_json,
    "xml": write_xml,
    "xlsx": write_xlsx,
    "parquet": write_parquet,
}


def main() -> None:
    name, path, rows = sys.argv[1:]
    WRITERS[name](catalog(int(rows)), Path(path))
    print("{}")


if __name__ == "__main__":
    main()
