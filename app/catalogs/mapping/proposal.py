"""Proposes which column is which attribute, by name and content. Pure.

Proposals are for review by the caller and are not applied automatically.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from stdnum import ean

from app.catalogs.mapping.header_synonyms import GRADES, NAMES, NOT_IN, WEAK
from app.stores.channel import ATTRIBUTE_NAMES, PRODUCT_NAMES, REQUIRED_NAMES

LEAST = 0.3
"""Minimum confidence of a proposal."""
SURE = 0.5
"""Minimum confidence to be part of the proposed mapping."""
_EXACT, _PART, _WEAK_NAME = 1.0, 0.7, 0.5
_BY_NAME, _BY_CONTENT, _CONTRADICTED = 0.6, 0.4, 0.3
_FEW = 3
_AGREES, _DENIES = 0.8, 0.1
_ALONE = {
    "ean": 0.85,
    "grade": 0.75,
    "currency": 0.6,
    "price": 0.45,
    "quantity": 0.35,
    "sku": 0.3,
    "category": 0.3,
}
"""Maximum confidence by content alone."""

Cells = Sequence[str]


@dataclass(frozen=True, slots=True)
class Guess:
    """One column for one attribute; `confidence` from 0 to 1."""

    attribute: str
    column: str
    confidence: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The best guess, its source in a mapping, and the next best columns."""

    guess: Guess
    source: dict[str, object]
    alternatives: tuple[Guess, ...]


def propose(
    columns: Sequence[str], rows: Sequence[Mapping[str, str | None]]
) -> list[Proposal]:
    """One column per attribute and one attribute per column, by confidence."""
    cells = {name: _filled(row.get(name) for row in rows) for name in columns}
    guesses = [
        guess
        for attribute in NAMES
        for name in columns
        if (guess := _guess(attribute, name, cells[name])).confidence >= LEAST
    ]
    guesses += _of_own_names(columns)
    places = {name: place for place, name in enumerate(columns)}
    guesses.sort(
        key=lambda g: (
            -g.confidence,
            g.attribute not in REQUIRED_NAMES,
            places[g.column],
        )
    )
    taken: dict[str, Guess] = {}
    used: set[str] = set()
    for guess in guesses:
        if guess.attribute not in taken and guess.column not in used:
            taken[guess.attribute] = guess
            used.add(guess.column)
    return [
        Proposal(guess, _source(guess, cells[guess.column]), _others(guess, guesses))
        for guess in taken.values()
    ]


def _others(best: Guess, guesses: Iterable[Guess]) -> tuple[Guess, ...]:
    return tuple(
        other
        for other in guesses
        if other.attribute == best.attribute and other.column != best.column
    )[:3]


def _of_own_names(columns: Sequence[str]) -> list[Guess]:
    """Columns with the channel's own name of an attribute."""
    others = (ATTRIBUTE_NAMES | PRODUCT_NAMES) - NAMES.keys()
    own = {" ".join(words_of(name)): name for name in others}
    return [
        Guess(own[said], name, 0.9, (f"the name is `{own[said]}`",))
        for name in columns
        if (said := " ".join(words_of(name))) in own
    ]


def _guess(attribute: str, column: str, cells: Cells) -> Guess:
    words = words_of(column)
    if set(words) & set(NOT_IN.get(attribute, ())):
        return Guess(attribute, column, 0.0, ())
    name, name_reasons = _by_name(attribute, words)
    look = _CONTENT.get(attribute)
    if look is None or not cells:
        return Guess(attribute, column, round(0.9 * name, 2), name_reasons)
    content, content_reason = look(cells)
    reasons = (*name_reasons, content_reason)
    if not name:
        sure = _ALONE.get(attribute, 0) * content if content >= _AGREES else 0.0
        return Guess(attribute, column, round(sure, 2), (content_reason,))
    sure = _BY_NAME * name + _BY_CONTENT * content
    if content <= _DENIES and len(cells) >= _FEW:
        sure *= _CONTRADICTED
    return Guess(attribute, column, round(sure, 2), reasons)


def words_of(name: str) -> tuple[str, ...]:
    """`Prix d'achat_HT` -> prix, d, achat, ht: lower case, without accents."""
    apart = re.sub(r"(?<=[a-zà-ÿ])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFKD", apart.replace("ß", "ss")).lower()
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return tuple(re.findall(r"[a-z0-9]+", plain))


def _by_name(attribute: str, words: tuple[str, ...]) -> tuple[float, tuple[str, ...]]:
    said = " ".join(words)
    if said in NAMES[attribute]:
        weight = _WEAK_NAME if said in WEAK else _EXACT
        # The names are ordered by how specific they are.
        place = NAMES[attribute].index(said)
        return weight - place / 1000, (f"the name is `{said}`",)
    for place, known in enumerate(NAMES[attribute]):
        if known not in WEAK and set(known.split()) <= set(words):
            return _PART - place / 1000, (f"the name has `{known}`",)
    return 0.0, ()


def _filled(cells: Iterable[str | None]) -> list[str]:
    return [cell.strip() for cell in cells if cell and cell.strip()]


def _share(cells: Cells, fits: Callable[[str], bool]) -> float:
    return sum(map(fits, cells)) / len(cells)


def _percent(share: float, what: str) -> tuple[float, str]:
    return share, f"{share:.0%} of the sample {what}"


def _is_gtin(cell: str) -> bool:
    digits = cell.zfill(13) if len(cell) in {12, 13} else cell.removeprefix("0")
    return cell.isascii() and cell.isdigit() and bool(ean.is_valid(digits))


_SIGN = "(?:[€£$]|[A-Z]{3})"
_MONEY = re.compile(
    rf"{_SIGN}?\s?\d{{1,3}}(?:[ .,']?\d{{3}})*(?:[.,]\d{{1,2}})?\s?{_SIGN}?"
)
_CENTS = re.compile(r"[.,]\d{2}(?:\D*)$|[€£$]|[A-Z]{3}$")
_WHOLE = re.compile(r"\d{1,5}")
_MONTHS = re.compile(r"(?:12|18|24|30|36|48|60)\s*\D{0,10}|[1-5]\s*\D{1,10}")
_CODES = frozenset("EUR GBP USD SEK JPY DKK NOK PLN CHF CZK".split())  # noqa: SIM905 - shorter


def _eans(cells: Cells) -> tuple[float, str]:
    return _percent(_share(cells, _is_gtin), "are GTINs with a valid check digit")


def _prices(cells: Cells) -> tuple[float, str]:
    amounts = _share(cells, lambda c: bool(_MONEY.fullmatch(c)) and not _is_gtin(c))
    with_cents = _share(cells, lambda c: bool(_CENTS.search(c)))
    return _percent(amounts * (1.0 if with_cents > 0 else 0.5), "look like amounts")


def _quantities(cells: Cells) -> tuple[float, str]:
    share = _share(cells, lambda c: bool(_WHOLE.fullmatch(c)))
    return _percent(share * _varied(cells), "are small whole numbers that differ")


def _grades(cells: Cells) -> tuple[float, str]:
    known = _share(cells, lambda c: grade_of(c) is not None)
    are_words = any(len(cell) > 1 for cell in cells)
    return _percent(known if are_words else known * _varied(cells), "are grades")


def _varied(cells: Cells) -> float:
    """Lower confidence for a column with the same value in every row."""
    return 0.5 if len(cells) >= _FEW and len(set(cells)) == 1 else 1.0


def _skus(cells: Cells) -> tuple[float, str]:
    unlike = len(set(cells)) / len(cells)
    short = _share(cells, lambda c: len(c) <= 60 and " " not in c)  # noqa: PLR2004
    short *= 1 - _share(
        cells, lambda c: _is_gtin(c) or "://" in c or bool(_CENTS.search(c))
    )
    return _percent(unlike * short, "are short and unique")


def _categories(cells: Cells) -> tuple[float, str]:
    words = _share(cells, lambda c: bool(re.search(r"[^\W\d_]{2}", c)))
    again = 1.0 if len(set(cells)) < max(2, 0.7 * len(cells)) else 0.5
    return _percent(words * again * _not_grades(cells), "are repeated words")


def _not_grades(cells: Cells) -> float:
    return 1 - _share(cells, lambda c: grade_of(c) is not None or c in _CODES)


def _warranties(cells: Cells) -> tuple[float, str]:
    return _percent(_share(cells, lambda c: bool(_MONTHS.fullmatch(c))), "are months")


def _currencies(cells: Cells) -> tuple[float, str]:
    return _percent(_share(cells, lambda c: c.upper() in _CODES), "are currencies")


def _addresses(cells: Cells) -> tuple[float, str]:
    share = _share(cells, lambda c: c.startswith(("http://", "https://")))
    return _percent(share, "are URLs")


_CONTENT: dict[str, Callable[[Cells], tuple[float, str]]] = {
    "ean": _eans,
    "price": _prices,
    "min_price": _prices,
    "price_new": _prices,
    "quantity": _quantities,
    "grade": _grades,
    "sku": _skus,
    "category": _categories,
    "warranty_delay": _warranties,
    "currency": _currencies,
    "image1": _addresses,
}
_GRADE_OF = {said: grade for grade, known in GRADES.items() for said in known}


def grade_of(text: str) -> str | None:
    """Back Market's grade for a known name of a grade."""
    plus = "+" if text.rstrip().endswith("+") else ""
    said = " ".join(words_of(text.replace("_", " ").lower())) + plus
    return _GRADE_OF.get(said)


def _source(guess: Guess, cells: Cells) -> dict[str, object]:
    source: dict[str, object] = {"column": guess.column}
    if guess.attribute == "grade":
        values = {
            cell: grade
            for cell in sorted(set(cells))
            if (grade := grade_of(cell)) and not _is_own(cell, grade)
        }
        if values:
            source["values"] = values
    return source


def _is_own(cell: str, grade: str) -> bool:
    """Whether the import accepts the value without a mapping."""
    return re.sub(r"[\s_-]+", "", cell).upper() == grade.replace("_", "")
