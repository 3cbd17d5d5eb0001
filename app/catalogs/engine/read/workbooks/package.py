"""Checks the parts of a workbook before a parser builds a table of its cells.

The parser allocates the rectangle around all values of a sheet: two values in opposite
corners would take gigabytes.
"""

import sys
import zipfile
from collections.abc import Iterator
from copy import copy
from itertools import accumulate
from pathlib import Path

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
from app.catalogs.engine.read.workbooks.ole import check_ole
from app.catalogs.engine.read.workbooks.xlsx_size import XlsxEstimate, XlsxSize

MAX_CELLS = 10_000_000
"""Maximum cells of a sheet, empty ones between others included."""
_MAX_TEXTS = 256 << 20
"""Maximum bytes of a part other than a sheet: the parser keeps all texts of cells."""


def check_package(path: Path, kind: str, limits: ReadLimits) -> int:
    """Read every part of the file once; return about how many cells have an error.

    Such as #N/A; 0 for .xls and .ods. Raises CatalogRejectedError: `too_large`,
    `too_many_columns`, `encrypted`, `unreadable`, `unsafe_xml`.
    """
    if kind == "xls":
        check_ole(path)
        return 0
    with damage_rejected("workbook"), open_zip(path) as archive:
        _check_entries(archive)
        _check_expansion(archive, path.stat().st_size, limits)
        if kind == "xlsx":
            return sum(_check_part(archive, info) for info in archive.infolist())
        size = OdsSize(check_span)
        for block in _blocks(archive, archive.getinfo("content.xml")):
            size.feed(block)
    return 0


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
    if "[Content_Types].xml" not in names and "content.xml" not in names:
        raise _damaged("it has no content")


def _check_expansion(archive: zipfile.ZipFile, size: int, limits: ReadLimits) -> None:
    """By the sizes that the archive states, which `_blocks` holds it to."""
    for read in accumulate(info.file_size for info in archive.infolist()):
        reject_bomb(read, size, limits)


def _check_part(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> int:
    """Measure a part of an .xlsx file, exactly only if it may be too large."""
    estimate = XlsxEstimate()
    for block in _blocks(archive, info):
        estimate.feed(block)
    if estimate.other_bytes > _MAX_TEXTS:
        raise CatalogRejectedError(
            "too_large",
            "the texts of the workbook are too large",
            f"at most {_MAX_TEXTS} bytes of texts",
        )
    is_small = estimate.columns * estimate.rows <= MAX_CELLS >= estimate.cells
    if estimate.columns > MAX_COLUMNS or not is_small:
        size = XlsxSize(check_span)
        for block in _blocks(archive, info):
            size.feed(block)
    return estimate.failed


def _blocks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The whole part. Raises CatalogRejectedError if it is larger than stated.

    `zipfile` would stop at the stated size, the parser of the workbook does not.
    """
    whole, left = copy(info), info.file_size
    whole.file_size = sys.maxsize
    with archive.open(whole) as part:
        while block := part.read(BLOCK):
            left -= len(block)
            if left < 0:
                raise _damaged("a part is larger than the archive states")
            yield block


def _damaged(why: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "unreadable", f"the workbook is damaged: {why}", ACCEPTED_WORKBOOK
    )
