"""Detects the separator, quote character and header of a CSV file."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from app.catalogs.engine.read.source import CatalogRejectedError, Hints

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = (",", ";", "\t", "|")
QUOTES = ('"', "'", "")
_SAMPLE_ROWS = 200
PADDING_SAMPLE = 4096


@dataclass(frozen=True, slots=True)
class Dialect:
    """`quote` is empty if no cell is quoted."""

    separator: str
    quote: str
    is_padded: bool = False
    """Whether blanks follow separators before quotes."""

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
            skipinitialspace=self.is_padded,
        )


def detect_dialect(
    sample: str, hints: Hints, default_separator: str | None = None
) -> Dialect:
    """Detect the dialect from complete lines at the start of the file.

    `default_separator` is the one that the format or a `sep=` line implies. Raises
    CatalogRejectedError for an unknown separator or quote in `hints`, or one that does
    not fit.
    """
    _check(hints)
    lines = [line for line in lines_of(sample) if line.strip()]
    given = hints.separator or _if_it_occurs(default_separator, lines)
    best = max(
        (_dialect(sample, s, hints) for s in _candidates(given, lines)),
        key=lambda dialect: _consistency(dialect, lines),
    )
    if hints.separator and not any(hints.separator in line for line in lines):
        _reject_if_another_fits(sample, hints, lines)
    return best


def _candidates(given: str | None, lines: Sequence[str]) -> list[str]:
    """The separators to compare; the first one if no other fits."""
    if given:
        return [given]
    text = "".join(lines[:_SAMPLE_ROWS])
    return [each for each in SEPARATORS if each == SEPARATORS[0] or each in text]


def _if_it_occurs(separator: str | None, lines: Sequence[str]) -> str | None:
    """None if the first line, after one that states a separator, does not have it."""
    table = lines[1:] if lines and stated_separator(lines[0]) else lines
    return separator if table and separator and separator in table[0] else None


def lines_of(sample: str) -> list[str]:
    """Lines that end in LF, as the readers count them; the BOM is left out."""
    return StringIO(sample.lstrip("\ufeff"), newline="\n").readlines()


def stated_separator(sample: str) -> str | None:
    """The separator of a first line `sep=;`, which Excel writes and reads.

    Raises CatalogRejectedError for an unknown one.
    """
    found = re.match('\ufeff?sep=(.)"?\r?(?:\n|$)', sample, re.IGNORECASE)
    if found and found[1] not in SEPARATORS:
        _check(Hints(separator=found[1]))
    return found[1] if found else None


def clean_name(name: str) -> str:
    """A column name without surrounding whitespace and invisible characters."""
    return name.strip("\ufeff\u200b\u00a0\0 \t\r\n").replace("\0", "\ufffd")


def unique_names(names: list[str]) -> Iterator[str]:
    """Empty names become `column_1`, `column_2`, ...; repeated ones `name_2`."""
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
    """Share of sampled rows with the most frequent number of cells, and that number.

    The better of two readings: as a whole, and line by line, so that a quote that is
    never closed does not hide the other rows.
    """
    some = lines[:_SAMPLE_ROWS]
    widths = _widths(dialect.rows(some))
    together = _agreement(widths)
    if len(widths) == len(some):  # each line is a row
        return together
    alone = _widths(row for line in some for row in dialect.rows([line]))
    return max(together, _agreement(alone))


def _widths(rows: Iterable[list[str]]) -> list[int]:
    """Cells of each row, 0 of an empty one; empty if the rows cannot be separated."""
    try:
        return list(map(len, rows))
    except csv.Error:
        return []


def _agreement(widths: list[int]) -> tuple[float, int]:
    counts = Counter(filter(None, widths))
    width = max(counts, key=lambda count: (counts[count], count), default=1)
    if width == 1:
        return (0.0, 0)
    return (round(counts[width] / counts.total(), 1), width)


def _dialect(sample: str, separator: str, hints: Hints) -> Dialect:
    quote = _quote(sample, separator, hints)
    padded = rf"{re.escape(separator)} +{quote}[^{quote}]"
    is_padded = bool(quote) and bool(re.search(padded, sample[:PADDING_SAMPLE]))
    return Dialect(separator, quote, is_padded)


def _quote(sample: str, separator: str, hints: Hints) -> str:
    if hints.quote is not None:
        return hints.quote
    start = rf"(?:^|{re.escape(separator)} *)"
    has_double = '"' in sample
    if has_double and re.search(rf'{start}"', sample.lstrip("\ufeff"), re.MULTILINE):
        return '"'
    end = rf"(?={re.escape(separator)}|\r?$)"
    single = rf"{start}'[^'\r\n]*'{end}"
    if "'" in sample and len(re.findall(single, sample, re.MULTILINE)) > 1:
        return "'"
    return "" if has_double else '"'


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
        if _consistency(_dialect(sample, other, hints), lines) > (0.8, 1)
    ]
    if fits:
        raise CatalogRejectedError(
            "separator",
            f"the separator {hints.separator!r} does not occur in the header",
            f"{fits[0]!r}, which fits the first rows",
        )
