"""Checks the container of an .xls file: chains of sectors that never end.

The parser follows a chain until its end, and would fill the memory. Source of the
layout: [MS-CFB], sections 2.2 to 2.5.
"""

import os
import struct
import sys
from array import array
from pathlib import Path
from typing import IO

from app.catalogs.engine.read.source import CatalogRejectedError
from app.catalogs.engine.read.workbooks.kinds import ACCEPTED_WORKBOOK

_HEADER = struct.Struct("<30xH28xI4xI4x109I")
"""Power of the sector size; first sector of the table of small sectors, and of the
list of sectors with the table of chains; the beginning of that list."""
_SHIFTS = (9, 12)
_NO_SECTOR = 0xFFFFFFFA
"""Larger numbers are signs: the end of a chain, or a free sector."""


def check_ole(path: Path) -> None:
    """Raise CatalogRejectedError, `unreadable`, if a chain of sectors is a circle."""
    with path.open("rb") as file:
        head = file.read(_HEADER.size)
        if len(head) < _HEADER.size:
            raise _damaged("it ends in its header")
        shift, first_mini, first_more, *listed = _HEADER.unpack(head)
        if shift not in _SHIFTS:
            raise _damaged("its sectors have an unknown size")
        sectors = _Sectors(file, 1 << shift)
        table = sectors.table(sectors.table_places(listed, first_more))
    _require_ends(table)
    with path.open("rb") as file:
        mini = _Sectors(file, 1 << shift).table(_chain(table, first_mini))
    _require_ends(mini)


class _Sectors:
    """The sectors of a file, numbered from the one after the header."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size
        self._count = os.fstat(file.fileno()).st_size // size

    def table(self, places: list[int]) -> "array[int]":
        """The numbers in these sectors; sectors beyond the end of the file are left."""
        found = array("I")
        for place in places:
            if place < self._count:
                self._file.seek((place + 1) * self._size)
                block = self._file.read(self._size)
                found.frombytes(block[: len(block) // 4 * 4])
        if sys.byteorder == "big":
            found.byteswap()
        return found

    def table_places(self, listed: list[int], following: int) -> list[int]:
        """The sectors of the table of chains: those in the header, and in a chain."""
        places = [place for place in listed if place < _NO_SECTOR]
        for _ in range(self._count):
            if following >= _NO_SECTOR:
                return places
            *more, following = self.table([following]) or [_NO_SECTOR]
            places += [place for place in more if place < _NO_SECTOR]
        raise _damaged("a chain of sectors is a circle")


def _chain(table: "array[int]", place: int) -> list[int]:
    """The sectors of a chain; `table` has no circle."""
    places = []
    while place < len(table):
        places.append(place)
        place = table[place]
    return places


def _require_ends(table: "array[int]") -> None:
    """Follow every chain once; one that meets itself again is a circle."""
    followed = array("I", bytes(4 * len(table)))
    for way in range(1, len(table) + 1):
        place = way - 1
        while place < len(table) and not followed[place]:
            followed[place] = way
            place = table[place]
        if place < len(table) and followed[place] == way:
            raise _damaged("a chain of sectors is a circle")


def _damaged(why: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "unreadable", f"the workbook is damaged: {why}", ACCEPTED_WORKBOOK
    )
