"""Proposes which column is which attribute, by name and content. Pure.

Proposals are for review by the caller and are not applied automatically. A doubtful
column is left out: none is better than a wrong one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.catalogs.mapping.column_content import (
    CONTENT,
    FEW,
    Cells,
    grade_of,
    has_booleans,
    has_more_decimals,
)
from app.catalogs.mapping.header_exclusions import is_net, rules_out
from app.catalogs.mapping.header_synonyms import (
    NAMES,
    WEAK,
    alike,
    words_of,
)
from app.stores.channel import ATTRIBUTE_NAMES, PRODUCT_NAMES, REQUIRED_NAMES

LEAST = 0.3
"""Minimum confidence of a proposal."""
SURE = 0.5
"""Minimum confidence to be part of the proposed mapping."""
_EXACT, _PART, _WEAK_NAME = 1.0, 0.7, 0.5
_BY_NAME, _BY_CONTENT, _CONTRADICTED = 0.6, 0.4, 0.3
_AGREES, _DENIES = 0.8, 0.1
_NEARLY_EMPTY, _BY_SHARE, _NAMED = 0.2, 0.4, 1.0
_ALONE = {"ean": 0.85, "grade": 0.75, "currency": 0.6}
_UNNAMED = {"price": 0.45, "quantity": 0.35, "sku": 0.3, "category": 0.3}
"""Maximum confidence by content alone; of the latter only in columns without a name."""
_NO_NAME = re.compile(r"column_\d+")
_GROUPS = ("handle", "parent", "parent sku", "item group id", "parent id")
_SHARED = frozenset({"category", "title", "description", "brand", "price_new"})
"""Attributes that variants may leave to the first row of their product."""


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


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the sample; `share` of its cells are filled."""

    name: str
    words: tuple[str, ...]
    cells: Cells
    share: float


def propose(
    columns: Sequence[str], rows: Sequence[Mapping[str, str | None]]
) -> list[Proposal]:
    """One column per attribute and one attribute per column, by confidence."""
    read = {name: _column(name, rows) for name in columns}
    filled = [c for c in read.values() if c.share >= _NEARLY_EMPTY]
    guesses = [
        guess
        for attribute in NAMES
        for column in filled
        if (guess := _guess(attribute, column)).confidence >= LEAST
    ]
    guesses += _of_own_names(filled)
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
        Proposal(
            guess, _source(guess, read[guess.column], rows), _others(guess, guesses)
        )
        for guess in taken.values()
    ]


def warnings_of(
    columns: Sequence[str], rows: Sequence[Mapping[str, str | None]]
) -> list[str]:
    """Sentences on columns that look like the price and are not proposed."""
    read = [_column(name, rows) for name in columns]
    return [
        f"`{column.name}` looks like a net price: Back Market takes prices with tax; "
        "map a gross price, or add the tax with a `multiply` step"
        for column in read
        if column.cells and _is_net_price(column)
    ]


def _is_net_price(column: _Column) -> bool:
    plain = replace(column, words=tuple(w for w in column.words if w != "tax"))
    if rules_out("price", plain.words) or not _by_name("price", plain)[0]:
        return False
    return is_net(column.words) or has_more_decimals(column.cells)


def _column(name: str, rows: Sequence[Mapping[str, str | None]]) -> _Column:
    cells = _filled(row.get(name) for row in rows)
    return _Column(name, words_of(name), cells, len(cells) / max(len(rows), 1))


def _filled(cells: Iterable[str | None]) -> list[str]:
    return [_bare(cell.strip()) for cell in cells if cell and cell.strip()]


def _bare(cell: str) -> str:
    """The cell without the protection of spreadsheets, as an import reads it."""
    return re.sub(r"^'(?=[0-9+-])", "", re.sub(r'^="(.*)"$', r"\1", cell))


def _others(best: Guess, guesses: Iterable[Guess]) -> tuple[Guess, ...]:
    return tuple(
        other
        for other in guesses
        if other.attribute == best.attribute and other.column != best.column
    )[:3]


def _of_own_names(columns: Sequence[_Column]) -> list[Guess]:
    """Columns with the channel's own name of an attribute."""
    others = (ATTRIBUTE_NAMES | PRODUCT_NAMES) - NAMES.keys()
    own = {" ".join(words_of(name)): name for name in others}
    return [
        Guess(own[said], column.name, 0.9, (f"the name is `{own[said]}`",))
        for column in columns
        if (said := " ".join(column.words)) in own
    ]


def _guess(attribute: str, column: _Column) -> Guess:
    never = Guess(attribute, column.name, 0.0, ())
    if rules_out(attribute, column.words) or _is_harmful(attribute, column):
        return never
    name, name_reasons = _by_name(attribute, column)
    look = CONTENT.get(attribute)
    content, content_reason = look(column.cells) if look else (1.0, "")
    if attribute == "product_id" and not _is_product_id(column, content):
        return never
    if not name:
        return _by_content(attribute, column, content, content_reason)
    if look is None:
        sure, reasons = 0.9 * name, name_reasons
    else:
        sure = _BY_NAME * name + _BY_CONTENT * content
        reasons = (*name_reasons, content_reason)
        if content <= _DENIES and len(column.cells) >= FEW:
            sure *= _CONTRADICTED
    if attribute == "sku" and name > _PART and _is_named_sku(column):
        sure = max(sure, _NAMED)
    sure *= 1 - _BY_SHARE + _BY_SHARE * column.share
    return Guess(attribute, column.name, round(sure, 2), reasons)


def _is_named_sku(column: _Column) -> bool:
    """It is the SKU, whatever its values look like: Mirakl's have spaces."""
    return "sku" in map(alike, column.words) or column.words == ("g", "id")


def _is_harmful(attribute: str, column: _Column) -> bool:
    """A net price, or whether there is stock instead of how much."""
    if attribute == "quantity":
        return has_booleans(column.cells)
    return attribute in {"price", "min_price"} and _has_no_tax(column)


def _has_no_tax(column: _Column) -> bool:
    return is_net(column.words) or has_more_decimals(column.cells)


def _is_product_id(column: _Column, uuids: float) -> bool:
    """A shop's own product id wins over the EAN: its name alone says nothing."""
    of_back_market = {"back", "backmarket", "bm"} & set(column.words)
    return bool(of_back_market) or uuids >= _AGREES


def _by_content(attribute: str, column: _Column, content: float, reason: str) -> Guess:
    most = _ALONE.get(attribute, 0.0)
    if _NO_NAME.fullmatch(column.name):
        most = (_ALONE | _UNNAMED).get(attribute, 0.0)
    sure = most * content if content >= _AGREES else 0.0
    return Guess(attribute, column.name, round(sure, 2), (reason,))


def _by_name(attribute: str, column: _Column) -> tuple[float, tuple[str, ...]]:
    names = [alike(known) for known in NAMES[attribute]]
    for said in (" ".join(column.words), _without_brackets(column.name)):
        if alike(said) in names:
            weight = _WEAK_NAME if said in WEAK else _EXACT
            # The names are ordered by how specific they are.
            return weight - names.index(alike(said)) / 1000, (f"the name is `{said}`",)
    words = set(map(alike, column.words))
    for place, known in enumerate(names):
        if known not in WEAK and set(known.split()) <= words:
            return _PART - place / 1000, (f"the name has `{known}`",)
    return 0.0, ()


def _without_brackets(name: str) -> str:
    return " ".join(words_of(re.sub(r"\([^)]*\)", "", name)))


def _source(
    guess: Guess, column: _Column, rows: Sequence[Mapping[str, str | None]]
) -> dict[str, object]:
    source: dict[str, object] = {"column": guess.column}
    if guess.attribute in _SHARED and column.share < 1:
        group = _group_of(column.name, rows)
        if group:
            source["fill_down"] = {"by": group}
    if guess.attribute == "grade":
        values = {
            cell: grade
            for cell in sorted(set(column.cells))
            if (grade := grade_of(cell)) and not _is_own(cell, grade)
        }
        if values:
            source["values"] = values
    return source


def _group_of(name: str, rows: Sequence[Mapping[str, str | None]]) -> str | None:
    """The column whose groups give an empty cell the value above it."""
    for group in rows[0]:
        if " ".join(words_of(group)) not in _GROUPS:
            continue
        known: set[str | None] = set()
        for row in rows:
            if row.get(name):
                known.add(row[group])
            elif row[group] and row[group] in known:
                return group
    return None


def _is_own(cell: str, grade: str) -> bool:
    """Whether the import accepts the value without a mapping."""
    return re.sub(r"[\s_-]+", "", cell).upper() == grade.replace("_", "")
