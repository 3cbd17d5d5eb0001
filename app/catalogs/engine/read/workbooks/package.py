"""Checks the parts of a workbook before a parser builds a table of its cells.

The parser allocates the rectangle around all cells of a sheet: two cells in opposite
corners would take gigabytes.
"""

import re
import zipfile
from pathlib import Path
from typing import Protocol

from app.catalogs.engine.read.archives import (
    BLOCK,
    METHODS,
    damage_rejected,
    open_zip,
    reject_bomb,
)
from app.catalogs.engine.read.bounds import MAX_COLUMNS, too_many_columns
from app.catalogs.engine.read.source import CatalogRejectedError, ReadLimits
from app.catalogs.engine.read.workbooks.kinds import ACCEPTED_WORKBOOK
from app.catalogs.engine.read.workbooks.ods_size import OdsSize

MAX_CELLS = 10_000_000
"""Maximum cells of a sheet, empty ones between others included."""
_MAX_TEXTS = 256 << 20
"""Maximum bytes of a part other than a sheet: the parser keeps all texts of cells."""
_OVERLAP = 64
"""Bytes of a block that are searched again with the next one: more than a reference."""
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,9})(\d{1,12})["']""")
_FAILED = re.compile(rb"""\st\s*=\s*["']e["']""")


class PartSize(Protocol):
    """Follows the bytes of one part; `feed` raises CatalogRejectedError."""

    failed: int

    def feed(self, block: bytes) -> None: ...


def check_package(path: Path, kind: str, limits: ReadLimits) -> int:
    """Read every part of an .xlsx or .ods file once; return its number of failed cells.

    Failed cells have an error such as #N/A. Raises CatalogRejectedError: `too_large`,
    `too_many_columns`, `encrypted`, `unreadable`, `unsafe_xml`.
    """
    read = failed = 0
    with damage_rejected("workbook"), open_zip(path) as archive:
        _check_entries(archive)
        for info in archive.infolist():
            is_table = kind == "xlsx" or info.filename == "content.xml"
            size: PartSize | None = _new_size(kind) if is_table else None
            with archive.open(info) as part:
                for block in iter(lambda: part.read(BLOCK), b""):
                    read += len(block)
                    reject_bomb(read, path.stat().st_size, limits)
                    if size:
                        size.feed(block)
            failed += size.failed if size else 0
    return failed


def too_many_cells() -> CatalogRejectedError:
    return CatalogRejectedError(
        "too_large",
        f"the sheet spans more than {MAX_CELLS} cells",
        f"at most {MAX_CELLS} cells, empty ones between others included",
    )


def check_span(columns: int, rows: int) -> None:
    """Raise CatalogRejectedError if the rectangle around the cells is too large."""
    if columns > MAX_COLUMNS:
        raise too_many_columns(str(columns))
    if columns * rows > MAX_CELLS:
        raise too_many_cells()


def _new_size(kind: str) -> PartSize:
    return _XlsxSize() if kind == "xlsx" else OdsSize(check_span)


def _check_entries(archive: zipfile.ZipFile) -> None:
    infos = archive.infolist()
    names = {info.filename for info in infos}
    if len(names) < len(infos):
        raise _damaged("a part occurs twice")
    if any(info.flag_bits & 0x1 for info in infos):
        raise CatalogRejectedError(
            "encrypted", "the workbook is protected by a password", ACCEPTED_WORKBOOK
        )
    if any(info.compress_type not in METHODS for info in infos):
        raise _damaged("a part uses an unsupported compression")


def _damaged(why: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "unreadable", f"the workbook is damaged: {why}", ACCEPTED_WORKBOOK
    )


class _XlsxSize:
    """The furthest column and row, by the references of cells and rows."""

    def __init__(self) -> None:
        self.failed = 0
        self._is_sheet = False
        self._bytes = self._columns = self._rows = self._cells = 0
        self._tail = b""

    def feed(self, block: bytes) -> None:
        text = self._tail + block
        self._tail = text[-_OVERLAP:]
        self._is_sheet = self._is_sheet or b"sheetData" in text
        if not self._is_sheet:
            self._bytes += len(block)
            if self._bytes > _MAX_TEXTS:
                raise CatalogRejectedError(
                    "too_large",
                    "the texts of the workbook are too large",
                    f"at most {_MAX_TEXTS} bytes of texts",
                )
            return
        found = _REFERENCE.findall(text)
        self._columns = max(
            self._columns, *map(_column, {name for name, _ in found}), 0
        )
        self._rows = max(self._rows, *map(int, {row for _, row in found}), 0)
        self._cells += block.count(b"<c") + block.count(b":c ")
        self.failed += len(_FAILED.findall(text, 0, len(text) - 8))
        check_span(self._columns, max(self._rows, 1))
        check_span(1, self._cells)


def _column(letters: bytes) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
