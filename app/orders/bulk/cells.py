"""Cells of tracking files, without what spreadsheets add to them. Pure."""

import re

_FORMULA = re.compile(r'="([^"]*)"')
_DECIMALS = re.compile(r"(\d+)[.,]0+")
_FLOAT = re.compile(r"(\d+)\.0")
_ROUNDED = re.compile(r"\d[.,]\d+[eE]\+?\d+|\d+[eE]\+\d+")
_BETWEEN = re.compile(r"[\s\u00a0\u202f]")


def plain_cell(cell: str | None) -> str | None:
    """A cell without what spreadsheets add to keep a number as text; None if empty."""
    text = (cell or "").strip().removeprefix("'").strip()
    found = _FORMULA.fullmatch(text)
    return (found[1].strip() if found else text) or None


def order_cell(cell: str | None) -> str | None:
    """An order's number as merchants' files have it: `#71 234 567`, `71234567.0`."""
    text = (plain_cell(cell) or "").removeprefix("#")
    bare = _BETWEEN.sub("", text)
    whole = _DECIMALS.fullmatch(bare)
    return (whole[1] if whole else bare) or None


def without_decimal(cell: str | None) -> str | None:
    """`123456.0`, as programs write a number that they took for one with decimals."""
    found = _FLOAT.fullmatch(cell or "")
    return found[1] if found else cell


def is_rounded(cell: str | None) -> bool:
    """Whether a spreadsheet wrote a long number as `1.23E+11`: digits are lost."""
    return bool(_ROUNDED.fullmatch(plain_cell(cell) or ""))
