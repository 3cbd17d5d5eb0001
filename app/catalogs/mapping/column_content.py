"""Decides which attribute the cells of a column may be. Pure."""

import re
from collections.abc import Callable, Sequence

from stdnum import ean

from app.catalogs.mapping.header_synonyms import GRADES, words_of

Cells = Sequence[str]
FEW = 3
_BOOLEANS = frozenset(
    {"true", "false", "yes", "no", "ja", "nein", "oui", "non", "y", "n"}
)
_PRODUCT_TYPES = frozenset(
    (
        *("simple", "variable", "variation", "grouped", "external", "configurable"),
        *("virtual", "downloadable", "bundle", "digital", "physical", "product", "p"),
        *(
            "ean",
            "upc",
            "isbn",
            "asin",
            "shop sku",
            "gtin",
            "mpn",
            "standard",
            "combination",
        ),
    )
)
"""Kinds of products and of numbers in the exports of platforms: no categories."""


def _share(cells: Cells, fits: Callable[[str], bool]) -> float:
    return sum(map(fits, cells)) / len(cells)


def _percent(share: float, what: str) -> tuple[float, str]:
    return share, f"{share:.0%} of the sample {what}"


def _is_gtin(cell: str) -> bool:
    digits = cell.zfill(13) if len(cell) in {12, 13} else cell.removeprefix("0")
    return cell.isascii() and cell.isdigit() and bool(ean.is_valid(digits))


_SIGN = "(?:[€£$]|[A-Z]{3})"
_MONEY = re.compile(
    rf"{_SIGN}?\s?\d{{1,3}}(?:[\s.,'\u2019]?\d{{3}})*(?:[.,](?:\d{{1,2}}|\d{{4,8}}|[-\u2013]))?"
    rf"\s?{_SIGN}?"
)
_CENTS = re.compile(r"[.,]\d{2}(?:\D*)$|[€£$]|[A-Z]{3}$")
_UUID = re.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_WHOLE = re.compile(r"-?\d{1,5}(?:[.,]0+)?")
_MONTHS = re.compile(r"(?:12|18|24|30|36|48|60)\s*\D{0,10}|[1-5]\s*\D{1,10}")
_CODES = frozenset("EUR GBP USD SEK JPY DKK NOK PLN CHF CZK".split())  # noqa: SIM905 - shorter


def _eans(cells: Cells) -> tuple[float, str]:
    return _percent(_share(cells, _is_gtin), "are GTINs with a valid check digit")


def _prices(cells: Cells) -> tuple[float, str]:
    amounts = _share(cells, lambda c: bool(_MONEY.fullmatch(c)) and not _is_gtin(c))
    with_cents = _share(cells, lambda c: bool(_CENTS.search(c)))
    return _percent(amounts * (1.0 if with_cents > 0 else 0.5), "look like amounts")


def has_booleans(cells: Cells) -> bool:
    return any(cell.lower() in _BOOLEANS for cell in cells)


def _quantities(cells: Cells) -> tuple[float, str]:
    share = _share(cells, lambda c: bool(_WHOLE.fullmatch(c)))
    return _percent(share * _varied(cells), "are small whole numbers that differ")


def _grades(cells: Cells) -> tuple[float, str]:
    known = _share(cells, lambda c: grade_of(c) is not None)
    are_words = any(len(cell) > 1 for cell in cells)
    return _percent(known if are_words else known * _varied(cells), "are grades")


def _varied(cells: Cells) -> float:
    """Lower confidence for a column with the same value in every row."""
    return 0.5 if len(cells) >= FEW and len(set(cells)) == 1 else 1.0


def _skus(cells: Cells) -> tuple[float, str]:
    unlike = len(set(cells)) / len(cells)
    short = _share(cells, lambda c: len(c) <= 60 and " " not in c)  # noqa: PLR2004
    short *= 1 - _share(
        cells, lambda c: _is_gtin(c) or "://" in c or bool(_CENTS.search(c))
    )
    return _percent(unlike * short, "are short and unique")


def _categories(cells: Cells) -> tuple[float, str]:
    words = _share(cells, lambda c: bool(re.search(r"[^\W\d_]{2}", c)))
    if all(" ".join(words_of(c)) in _PRODUCT_TYPES | _BOOLEANS for c in cells):
        words = 0.0
    again = 1.0 if len(set(cells)) < max(2, 0.7 * len(cells)) else 0.5
    return _percent(words * again * _not_grades(cells), "are repeated words")


def _not_grades(cells: Cells) -> float:
    return 1 - _share(cells, lambda c: grade_of(c) is not None or c in _CODES)


def _warranties(cells: Cells) -> tuple[float, str]:
    return _percent(_share(cells, lambda c: bool(_MONTHS.fullmatch(c))), "are months")


def _currencies(cells: Cells) -> tuple[float, str]:
    return _percent(_share(cells, lambda c: c.upper() in _CODES), "are currencies")


def _uuids(cells: Cells) -> tuple[float, str]:
    share = _share(cells, lambda c: bool(_UUID.fullmatch(c.lower())))
    return _percent(share, "are UUIDs")


def _addresses(cells: Cells) -> tuple[float, str]:
    share = _share(cells, lambda c: c.startswith(("http://", "https://")))
    return _percent(share, "are URLs")


CONTENT: dict[str, Callable[[Cells], tuple[float, str]]] = {
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
    "product_id": _uuids,
}
_GRADE_OF = {said: grade for grade, known in GRADES.items() for said in known}


def grade_of(text: str) -> str | None:
    """Back Market's grade for a known name of a grade."""
    plus = "+" if text.rstrip().endswith("+") else ""
    said = " ".join(words_of(text.replace("_", " ").lower())) + plus
    return _GRADE_OF.get(said)


def has_more_decimals(cells: Cells) -> bool:
    """Whether half of the amounts have fractions of a cent, as net prices have."""
    fine = _share(cells, lambda c: bool(_FRACTIONS.search(c.rstrip("0"))))
    return bool(cells) and fine >= 0.5  # noqa: PLR2004 - half


_FRACTIONS = re.compile(r"^\d+[.,]\d{4,}$")
