"""Measures how far the cells of an .xlsx sheet reach: fast first, then exactly."""

import re
from collections.abc import Callable
from xml.parsers import expat

from app.catalogs.engine.read.source import CatalogRejectedError
from app.catalogs.engine.read.workbooks.kinds import ACCEPTED_WORKBOOK

_OVERLAP = 64
"""Bytes of a block that are searched again with the next one: more than a reference."""
_REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,9})(\d{1,12})["']""")
_FAILED = re.compile(rb"""\st\s*=\s*["']e["']""")
_PLACE = re.compile(r"([A-Za-z]{1,9})(\d{1,12})")
_VALUES = frozenset({"v", "is", "f"})


class XlsxEstimate:
    """At least the furthest column and row, by all references of cells and rows.

    `failed`: about how many cells have an error; `other_bytes`: bytes of a part that is
    no sheet.
    """

    def __init__(self) -> None:
        self.columns = self.rows = self.cells = self.failed = self.other_bytes = 0
        self._is_sheet = False
        self._tail = b""

    def feed(self, block: bytes) -> None:
        text = self._tail + block
        self._tail = text[-_OVERLAP:]
        self._is_sheet = self._is_sheet or b"sheetData" in text
        if not self._is_sheet:
            self.other_bytes += len(block)
            return
        found = _REFERENCE.findall(text)
        columns = {name for name, _ in found}
        self.columns = max(self.columns, *map(_column, columns), 0)
        self.rows = max(self.rows, *map(int, {row for _, row in found}), 0)
        self.cells += block.count(b"<c ") + block.count(b"<c>") + block.count(b":c")
        self.failed += len(_FAILED.findall(block))


class XlsxSize:
    """The furthest column and row with a value: `check(columns, rows)` at each."""

    def __init__(self, check: Callable[[int, int], None]) -> None:
        self._check = check
        self._columns = self._rows = self._row = self._column = self._cells = 0
        self._in_cell = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.StartDoctypeDeclHandler = refuse_doctype

    def feed(self, block: bytes) -> None:
        feed_parser(self._parser, block)

    def _start(self, raw: str, attributes: dict[str, str]) -> None:
        name = raw.rpartition(" ")[2]
        if name == "row":
            given = attributes.get("r", "")[:12]
            self._row = int(given) if given.isdecimal() else self._row + 1
            self._column = 0
        elif name == "c":
            self._in_cell = True
            self._enter_cell(attributes.get("r", ""))
        elif name in _VALUES and self._in_cell:
            self._in_cell = False
            self._add_value()

    def _enter_cell(self, reference: str) -> None:
        self._column += 1
        found = _PLACE.fullmatch(reference)
        if found:
            self._column, self._row = _column(found[1].encode()), int(found[2])

    def _add_value(self) -> None:
        self._cells += 1
        self._columns = max(self._columns, self._column)
        self._rows = max(self._rows, self._row)
        self._check(self._columns, self._rows)
        self._check(1, self._cells)


def feed_parser(parser: expat.XMLParserType, block: bytes) -> None:
    """Raises CatalogRejectedError for damaged XML."""
    try:
        parser.Parse(block, False)  # noqa: FBT003 - expat takes no name
    except expat.ExpatError as error:
        raise CatalogRejectedError(
            "unreadable", f"the workbook is damaged: {error}", ACCEPTED_WORKBOOK
        ) from error


def refuse_doctype(*_declaration: object) -> None:
    raise CatalogRejectedError(
        "unsafe_xml", "the workbook has a DOCTYPE", ACCEPTED_WORKBOOK
    )


def _column(letters: bytes) -> int:
    """The number of a column: A is 1, AA is 27."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
