"""Escapes and unescapes spreadsheet formulas in exported CSV files.

Spreadsheets execute cells that start like a formula (OWASP, CSV injection). Exported
rows get an apostrophe before such cells; an import of a file with the note columns
removes it.
"""

import polars as pl

NOTE_COLUMNS = ("refeed_code", "refeed_message", "refeed_hint")
"""Columns that an export adds; imports ignore them, since no mapping uses them."""
FORMULA_PREFIXES = r"=+\-@\t\r\n\x{FF1D}\x{FF0B}\x{FF0D}\x{FF20}"


def escape_formulas(text: pl.Expr) -> pl.Expr:
    """Prefix formulas with an apostrophe; `unescape_formulas` is the exact inverse."""
    return text.str.replace(f"^('*[{FORMULA_PREFIXES}])", "'$1")


def unescape_formulas(text: pl.Expr) -> pl.Expr:
    """The inverse of `escape_formulas`."""
    return text.str.replace(f"^'('*[{FORMULA_PREFIXES}])", "$1")
