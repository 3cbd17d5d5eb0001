"""Measures the tables of an .ods file, in which cells and rows are repeated."""

from collections.abc import Callable
from xml.parsers import expat

from app.catalogs.engine.read.workbooks.xlsx_size import feed_parser, refuse_doctype

_MAX_REPEATED = 10**9
_CELLS = frozenset({"table-cell", "covered-table-cell"})


class OdsSize:
    """`check(columns, rows)` is called for each row that has a value."""

    def __init__(self, check: Callable[[int, int], None]) -> None:
        self.failed = 0
        self._check = check
        self._rows = self._columns = self._width = 0
        self._empty_columns = self._repeated = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = refuse_doctype

    def feed(self, block: bytes) -> None:
        feed_parser(self._parser, block)

    def _start(self, raw: str, attributes: dict[str, str]) -> None:
        name = _local(raw)
        if name == "table":
            self._rows = self._columns = 0
        elif name == "table-row":
            self._width = self._empty_columns = 0
            self._repeated = _count(attributes, "number-rows-repeated")
        elif name in _CELLS:
            self._add_cells(attributes)

    def _add_cells(self, attributes: dict[str, str]) -> None:
        """Empty cells count only if a filled one follows."""
        self._empty_columns += _count(attributes, "number-columns-repeated")
        if any(_local(name) == "value-type" for name in attributes):
            self._width += self._empty_columns
            self._empty_columns = 0

    def _end(self, raw: str) -> None:
        """Empty rows count only if a filled one follows."""
        if _local(raw) != "table-row":
            return
        self._rows = min(self._rows + self._repeated, _MAX_REPEATED)
        if self._width:
            self._columns = max(self._columns, self._width)
            self._check(self._columns, self._rows)


def _local(raw: str) -> str:
    return raw.rpartition(" ")[2]


def _count(attributes: dict[str, str], name: str) -> int:
    """The number in the attribute, whatever its namespace; 1 without it."""
    found = next((v for n, v in attributes.items() if _local(n) == name), "1")
    return min(int(found[:12]), _MAX_REPEATED) if found[:12].isdecimal() else 1
