"""Divides texts into search words: of orders, and of searches. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MOST_WORDS = 10
"""Words of a search."""
MOST_OF_ORDER = 100
LONGEST = 64
"""Characters of a word that count."""
SHORTEST_PREFIX = 3
"""Characters from which a word finds longer words that begin with it."""
_LETTERS = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "æ": "ae",
        "œ": "oe",
        "ð": "d",
        "þ": "th",
        "\u0131": "i",
    }
)
_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class WordRange:
    """Words from `low` up to `high`, exclusive, in the order of their code points."""

    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Search:
    """Orders that have a word of each range, or one of `joined`.

    `joined` is the whole text without its spaces: a number written in groups.
    """

    words: tuple[WordRange, ...]
    joined: WordRange | None = None


def search_of(given: str) -> Search | None:
    """What to look for; None without a letter or digit."""
    words = words_in(given)
    if not words:
        return None
    joined = "".join(_split(given))[:LONGEST] if len(words) > 1 else None
    return Search(tuple(map(_range, words)), _range(joined) if joined else None)


def _range(word: str) -> WordRange:
    """Words with this beginning; a short one means itself."""
    if len(word) >= SHORTEST_PREFIX:
        return WordRange(word, f"{word}\U0010ffff")
    return WordRange(word, f"{word} ")


def tag_word(tag: str) -> str:
    """The word of a tag: no text of a search is like it."""
    return f"#{tag.casefold()}"


def number_word(number: str) -> str:
    """The word of a merchant's number, in exactly this spelling."""
    return f"!{number}"


def exactly(word: str) -> WordRange:
    """The word alone; words have no control characters."""
    return WordRange(word, f"{word}\x01")


def words_in(given: str) -> list[str]:
    """Each word once, without case and accents."""
    return list(dict.fromkeys(word[:LONGEST] for word in _split(given)))


def _split(given: str) -> list[str]:
    apart = unicodedata.normalize("NFKD", given)
    bare = "".join(c for c in apart if not unicodedata.combining(c))
    folded = bare.casefold().translate(_LETTERS)
    return [word for word in _BETWEEN.split(folded) if word]


def words_of_order(
    names: Iterable[str | None], numbers: Iterable[str | None]
) -> list[str]:
    """Words of names, and those of numbers, which are also found as a whole.

    Sorted; at most `MOST_OF_ORDER`.
    """
    found = set(_of_names(names)) | set(_of_numbers(numbers))
    return sorted(found)[:MOST_OF_ORDER]


def _of_names(names: Iterable[str | None]) -> Iterator[str]:
    for part in (part for name in names if name for part in name[:500].split()):
        yield from words_in(part)
        yield from _whole(part)


def _of_numbers(numbers: Iterable[str | None]) -> Iterator[str]:
    for number in filter(None, numbers):
        yield from words_in(number)
        yield from _whole(number)


def _whole(given: str) -> Iterator[str]:
    if joined := "".join(_split(given)):
        yield joined[:LONGEST]
