"""Detects the separator, quote character and header of a CSV file."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from app.catalogs.engine.read.source import CatalogRejectedError, Hints

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = (",", ";", "\t", "|")
QUOTES = ('"', "'", "")
_SAMPLE_ROWS = 200


@dataclass(frozen=True, slots=True)
class Dialect:
    """`quote` is empty if no cell is quoted."""

    separator: str
    quote: str

    @property
    def separator_pattern(self) -> str:
        return re.escape(self.separator)

    @property
    def quoted_cell(self) -> str:
        """A pattern for a quoted cell, including doubled quotes."""
        return rf"{self.quote}(?:[^{self.quote}]|{self.quote}{self.quote})*{self.quote}"

    @property
    def cell(self) -> str:
        """A pattern for one well-formed cell."""
        return rf"(?:[^{self.quote}{self.separator_pattern}]*|{self.quoted_cell})"

    def rows(self, lines: Iterable[str]) -> "Reader":
        """A lenient row reader; `line_num` is the number of lines read."""
        return csv.reader(
            lines,
            delimiter=self.separator,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
        )


@dataclass(frozen=True, slots=True)
class Header:
    """Unique column names, and the number of lines before the first row."""

    names: tuple[str, ...]
    lines: int
    blank_lines: int
    named: int

    @property
    def width(self) -> int:
        return len(self.names)


def detect_dialect(
    sample: str, hints: Hints, default_separator: str | None = None
) -> Dialect:
    """Detect the dialect from complete lines at the start of the file.

    `default_separator` is the one that the format implies. Raises CatalogRejectedError
    for an unknown separator or quote in `hints`, or one that does not fit.
    """
    _check(hints)
    separators = (
        (hints.separator or default_separator,)
        if hints.separator or default_separator
        else SEPARATORS
    )
    lines = [line for line in sample.splitlines(keepends=True) if line.strip()]
    best = max(
        (Dialect(s, _quote(sample, s, hints)) for s in separators if s),
        key=lambda dialect: _consistency(dialect, lines),
    )
    if hints.separator and lines and hints.separator not in lines[0]:
        _reject_if_another_fits(sample, hints, lines)
    return best


def read_header(dialect: Dialect, sample: str) -> Header:
    """Trimmed names; empty ones become `column_3`, repeated ones `name_2`."""
    lines = sample.lstrip("\ufeff").splitlines(keepends=True)
    blank = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
    reader = dialect.rows(lines[blank:])
    cells: list[str] = next(reader, [])
    names = [clean_name(cell) for cell in cells]
    named = max((i + 1 for i, name in enumerate(names) if name), default=0)
    return Header(tuple(unique_names(names)), blank + reader.line_num, blank, named)


def clean_name(name: str) -> str:
    """A column name without surrounding whitespace and invisible characters."""
    return name.strip("\ufeff\u200b\u00a0\0 \t\r\n").replace("\0", "\ufffd")


def unique_names(names: list[str]) -> Iterator[str]:
    """Empty names become `column_3`, repeated ones `name_2`."""
    taken = set(names)
    seen: Counter[str] = Counter()
    for position, given in enumerate(names, start=1):
        name = given or f"column_{position}"
        seen[name] += 1
        if given and seen[name] == 1:
            yield name
            continue
        number = seen[name]
        candidate = name if not given and name not in taken else f"{name}_{number}"
        while candidate in taken:
            number += 1
            candidate = f"{name}_{number}"
        taken.add(candidate)
        yield candidate


def _consistency(dialect: Dialect, lines: list[str]) -> tuple[float, int]:
    """Share of sampled rows with as many cells as the header, and that number."""
    try:
        rows = [row for row in islice(dialect.rows(lines), _SAMPLE_ROWS) if row]
    except csv.Error:
        return (0.0, 0)
    if not rows or len(rows[0]) == 1:
        return (0.0, 0)
    width = len(rows[0])
    alike = sum(len(row) == width for row in rows) / len(rows)
    return (round(alike, 1), width)


def _quote(sample: str, separator: str, hints: Hints) -> str:
    if hints.quote is not None:
        return hints.quote
    start = rf"(?:^|{re.escape(separator)})"
    if re.search(rf'{start}"', sample.lstrip("\ufeff"), re.MULTILINE):
        return '"'
    end = rf"(?={re.escape(separator)}|\r?$)"
    if len(re.findall(rf"{start}'[^'\r\n]*'{end}", sample, re.MULTILINE)) > 1:
        return "'"
    return "" if '"' in sample else '"'


def _check(hints: Hints) -> None:
    separator, quote = hints.separator, hints.quote
    if separator is not None and separator not in SEPARATORS:
        raise CatalogRejectedError(
            "separator", f"the separator {separator!r} is not known", ", ; | or tab"
        )
    if quote is not None and quote not in QUOTES:
        raise CatalogRejectedError(
            "separator", f"the quote {quote!r} is not known", "\" or ' or none"
        )


def _reject_if_another_fits(sample: str, hints: Hints, lines: list[str]) -> None:
    fits = [
        other
        for other in SEPARATORS
        if _consistency(Dialect(other, _quote(sample, other, hints)), lines) > (0.8, 1)
    ]
    if fits:
        raise CatalogRejectedError(
            "separator",
            f"the separator {hints.separator!r} does not occur in the header",
            f"{fits[0]!r}, which fits the first rows",
        )
