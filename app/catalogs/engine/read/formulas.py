"""Cells that a spreadsheet would run, in the files that we give out and get back.

Rows to be corrected go out as CSV and may come back as a partial catalog. Spreadsheets
run some cells as formulas (OWASP, CSV injection): an apostrophe goes before these, and
is taken off again when a file that has our columns is read.
"""

import polars as pl

NOTES = ("refeed_code", "refeed_message", "refeed_hint")
"""Our columns; an upload's mapping does not name them, so that they are ignored."""
FORMULA_SIGNS = r"=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}"


def escaped(text: pl.Expr) -> pl.Expr:
    """Text that no spreadsheet runs; `restored` undoes it exactly."""
    return text.str.replace(f"^('*[{FORMULA_SIGNS}])", "'$1")


def restored(text: pl.Expr) -> pl.Expr:
    """What `escaped` was given."""
    return text.str.replace(f"^'('*[{FORMULA_SIGNS}])", "$1")
