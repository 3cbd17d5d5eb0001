"""Decodes JSON with every number as its exact text, and writes values as cells.

The C scanner of `json` parses. It never converts a number here: no digit is lost, and
a number of any length costs no more than its text.
"""

import json

from app.catalogs.engine.read.bounds import (
    MAX_CELL_LENGTH,
    MAX_DEPTH,
    MAX_DIGITS,
    cell_too_large,
    nested_too_deeply,
    number_too_long,
)

Pairs = list[tuple[str, object]]


class Number(str):
    """The text of a JSON number."""

    __slots__ = ()


class Repeated(dict[str, object]):
    """An object that has a key twice, with different values."""

    __slots__ = ()


def _object(pairs: Pairs) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs) and any(found[name] != value for name, value in pairs):
        return Repeated(found)
    return found


def _constant(name: str) -> object:
    """`NaN` means no value, as pandas writes it; infinities stay texts."""
    return None if name == "NaN" else name


DECODER = json.JSONDecoder(
    parse_float=Number,
    parse_int=Number,
    parse_constant=_constant,
    object_pairs_hook=_object,
    strict=False,
)


def cells_of(record: dict[str, object], where: str) -> dict[str, str]:
    """The cells of an object: null is empty, lists and objects become JSON.

    `where` names the record in errors. Raises CatalogRejectedError for a value above
    the limits: `nested_too_deeply`, `number_too_long`, `cell_too_large`.
    """
    return {
        name: value if type(value) is str else _text(value, where)
        for name, value in record.items()
    }


def _text(value: object, where: str) -> str:
    if type(value) is Number and len(value) <= MAX_DIGITS:
        return str(value)
    if value is None:
        return ""
    text = _encoded(value, where, 1)
    if len(text) > MAX_CELL_LENGTH:
        raise cell_too_large(where)
    return text


def _encoded(value: object, where: str, depth: int) -> str:
    """JSON in the form of `json.dumps`, with numbers as they were written."""
    if depth > MAX_DEPTH:
        raise nested_too_deeply(where)
    if isinstance(value, list):
        items = (_encoded(item, where, depth + 1) for item in value)
        return f"[{', '.join(items)}]"
    if isinstance(value, dict):
        members = (
            f"{json.dumps(name, ensure_ascii=False)}: {_encoded(v, where, depth + 1)}"
            for name, v in value.items()
        )
        return f"{{{', '.join(members)}}}"
    if isinstance(value, Number):
        if len(value) > MAX_DIGITS:
            raise number_too_long(where)
        return value
    return json.dumps(value, ensure_ascii=False)
