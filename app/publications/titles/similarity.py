"""Decides how similar two titles are, and which new rows rename a listing. Pure.

A title is compared by its words in alphabetical order: merchants and Back Market order
them differently. A rename also has the same numbers (model, storage).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

PROBABLE_RENAME = 85
"""The least similarity of a new row and the listing that it probably renames."""

_WORD = re.compile(r"\d+|[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Titled:
    """A title and its grade, under the key of its SKU."""

    key: str
    grade: str
    title: str


@dataclass(frozen=True, slots=True)
class Rename:
    """The row `key` has the grade and a similar title of the listing `renames_key`."""

    key: str
    renames_key: str
    similarity: int


def similarity(one: str, other: str) -> int:
    """From 0 to 100: the share of the characters that both titles have in order."""
    return round(fuzz.ratio(_words(one), _words(other)))


def probable_renames(
    listings: Iterable[Titled], rows: Iterable[Titled]
) -> list[Rename]:
    """The most similar listing of each row, where it is similar enough."""
    groups: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for listing in listings:
        groups[_group(listing)][listing.key] = _words(listing.title)
    found = []
    for row in rows:
        best = process.extractOne(
            _words(row.title),
            groups.get(_group(row), {}),
            scorer=fuzz.ratio,
            score_cutoff=PROBABLE_RENAME,
        )
        if best:
            found.append(Rename(row.key, best[2], round(best[1])))
    return found


def _words(title: str) -> str:
    return " ".join(sorted(_WORD.findall(title.casefold())))


def _group(titled: Titled) -> tuple[str, str]:
    """What a row and its listing have in common: the grade and the numbers."""
    numbers = sorted(word for word in _WORD.findall(titled.title) if word.isdecimal())
    return titled.grade, " ".join(numbers)
