"""Reads one JSON value: an array of objects, or an object around one such array.

The file is decoded piece by piece: never more than one record is in memory.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from app.catalogs.engine.read.bounds import (
    MAX_RECORD_LENGTH,
    nested_too_deeply,
    record_too_large,
)
from app.catalogs.engine.read.json_records.lines import MAX_LIST_DEPTH
from app.catalogs.engine.read.json_records.values import (
    DECODER,
    Number,
    Repeated,
    cells_of,
)
from app.catalogs.engine.read.records import UNREADABLE_ROW, Record, Records
from app.catalogs.engine.read.source import CatalogRejectedError

ACCEPTED_JSON = (
    "an array of objects, an object around one array of objects, or one object per line"
)
_PIECE = 1 << 20
_SPACE = re.compile(r"[ \t\r\n\ufeff]*")
_MARGIN = 16
"""An error this close to the end of the piece may be only its end."""
_FIRST = 1000
"""Items of a list by which one must be an object."""


class JsonText:
    """The text of a file, of which a piece is in memory, and a position in it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._piece = ""
        self._at = 0
        self._whole = False
        self.record = 0

    def peek(self) -> str:
        """The next character that is not white space; empty at the end."""
        while True:
            match = _SPACE.match(self._piece, self._at)
            self._at = match.end() if match else self._at
            if self._at < len(self._piece) or self._whole:
                return self._piece[self._at : self._at + 1]
            self._extend()

    def take(self, expected: str) -> str:
        """Skip the next character. Raises CatalogRejectedError for another one."""
        found = self.peek()
        if not found or found not in expected:
            what = f"{found!r}" if found else "the end of the file"
            raise self.damaged(f"{what} where {' or '.join(expected)} is expected")
        self._at += 1
        return found

    def value(self) -> object:
        """The next value. Raises CatalogRejectedError if it is damaged or too large."""
        self.peek()
        while True:
            try:
                value, end = DECODER.raw_decode(self._piece, self._at)
            except json.JSONDecodeError as error:
                if self._whole or not _may_continue(error):
                    raise self.damaged(error.msg) from None
            except RecursionError:
                raise nested_too_deeply(self.where) from None
            else:
                # A number may continue in the next piece.
                if end < len(self._piece) or self._whole:
                    self._at = end
                    return value
            self._extend()

    @property
    def where(self) -> str:
        return f"record {self.record}" if self.record else "before the first record"

    def damaged(self, why: str) -> CatalogRejectedError:
        return CatalogRejectedError(
            "unreadable", f"the JSON is damaged, {self.where}: {why}", ACCEPTED_JSON
        )

    def _extend(self) -> None:
        """Read on; the piece doubles, so that a long record is not parsed too often."""
        rest = self._piece[self._at :]
        if len(rest) > MAX_RECORD_LENGTH:
            raise record_too_large(self.where)
        more = self._file.read(max(_PIECE, len(rest)))
        self._whole = not more
        self._piece, self._at = rest + more, 0


def _may_continue(error: json.JSONDecodeError) -> bool:
    return (
        error.msg.startswith("Unterminated string")
        or error.pos >= len(error.doc) - _MARGIN
    )


def json_records(path: Path) -> Records:
    """The objects of the array; `line` is the number of the record.

    Raises CatalogRejectedError: `unreadable` for malformed JSON, `unknown_format` if
    the file does not have exactly one array of objects, and for values above limits.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        text = JsonText(file)
        document = _Document(text)
        if text.peek() == "{":
            yield from document.members("", 1)
            document.require_list()
        else:
            yield from document.items("")
        if text.peek():
            raise text.damaged("there is more text after the end")


class _Document:
    """The walk through the value, and the names of the lists in it."""

    def __init__(self, text: JsonText) -> None:
        self._text = text
        self._lists: list[str] = []
        self._has_empty_list = False

    def members(self, path: str, depth: int) -> Iterator[Record]:
        """The records in an object: those of its list, or in one of its objects."""
        text = self._text
        for _ in self._parts("{", "}"):
            name = text.value()
            if not isinstance(name, str) or isinstance(name, Number):
                raise text.damaged("a name is not in quotes")
            text.take(":")
            inner, following = f"{path}{name[:40]}", text.peek()
            if following == "[":
                yield from self.items(inner)
            elif following == "{" and depth < MAX_LIST_DEPTH:
                yield from self.members(f"{inner}.", depth + 1)
            else:
                text.value()

    def items(self, name: str) -> Iterator[Record]:
        """The records of a list that has objects; other items of it are unreadable."""
        number, reading = 0, False
        for _ in self._parts("[", "]"):
            value = self._text.value()
            number += 1
            if not reading and isinstance(value, dict):
                reading = True
                self._begin_list(name)
                yield from (Record(n, {}, UNREADABLE_ROW) for n in range(1, number))
            if reading:
                yield self._record(number, value)
            elif not name and number >= _FIRST:
                break
        self._has_empty_list |= not number
        if not name and number and not reading:
            raise _no_objects("the JSON array holds arrays or single values")

    def require_list(self) -> None:
        if not self._lists and not self._has_empty_list:
            raise _no_objects("the file is one JSON object without a list of objects")

    def _parts(self, start: str, end: str) -> Iterator[None]:
        """Step from one part to the next; the caller takes what is between."""
        self._text.take(start)
        while self._text.peek() != end:
            yield
            if self._text.peek() != end:
                self._text.take(",")
        self._text.take(end)

    def _record(self, number: int, value: object) -> Record:
        self._text.record = number
        if not isinstance(value, dict):
            return Record(number, {}, UNREADABLE_ROW)
        flaw = UNREADABLE_ROW if isinstance(value, Repeated) else 0
        return Record(number, cells_of(value, self._text.where), flaw)

    def _begin_list(self, name: str) -> None:
        self._lists.append(name)
        if len(self._lists) > 1:
            names = ", ".join(f"`{found}`" for found in self._lists)
            raise CatalogRejectedError(
                "unknown_format",
                f"the file is an object around the lists {names}: "
                "which one is the catalog is not certain",
                ACCEPTED_JSON,
            )


def _no_objects(what: str) -> CatalogRejectedError:
    return CatalogRejectedError("unknown_format", what, ACCEPTED_JSON)
