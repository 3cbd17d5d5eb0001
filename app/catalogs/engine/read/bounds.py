"""Limits of records of any format, and the rejections of what no parser can read."""

import csv
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from polars.exceptions import PanicException, PolarsError

from app.catalogs.engine.read.source import CatalogRejectedError

MAX_COLUMNS = 5000
MAX_NAME_LENGTH = 1000
MAX_CELL_LENGTH = 1 << 20
"""Maximum characters of one cell."""
MAX_RECORD_LENGTH = 8 << 20
"""Maximum characters of one record, which is parsed in one piece."""
MAX_DEPTH = 32
MAX_DIGITS = 1000
"""Maximum characters of a number: no price, stock or EAN comes near."""
csv.field_size_limit(MAX_CELL_LENGTH + MAX_RECORD_LENGTH)
"""A quote that is never closed takes lines until they are longer than a cell."""
_NO_MEMORY = ("allocate memory", "memory allocation", "out of memory", "spawn thread")
"""Texts of errors with which libraries report that the memory limit is reached."""

PARSER_ERRORS = (
    *(ValueError, LookupError, ArithmeticError, RecursionError),
    *(csv.Error, zlib.error, PolarsError, PanicException),
)
"""Errors of the content, which would repeat. Errors of the disk are not among them."""


@contextmanager
def parser_errors_rejected(accepted: str) -> Iterator[None]:
    """Raise CatalogRejectedError, `unreadable`, for any error of a parser."""
    try:
        yield
    except PARSER_ERRORS as error:
        raise unreadable("file", error, accepted) from error


def unreadable(what: str, error: BaseException, accepted: str) -> CatalogRejectedError:
    """The rejection of `what` for an error of its parser.

    Raises MemoryError if the parser reports that.
    """
    if any(text in str(error).lower() for text in _NO_MEMORY):
        raise MemoryError from error
    why = str(error).partition("\n")[0][:200].replace("\0", "\ufffd")
    if isinstance(error, PanicException):
        why = "it is damaged in a way that its parser does not expect"
    return CatalogRejectedError(
        "unreadable",
        f"the {what} cannot be read: {why or type(error).__name__}",
        accepted,
    )


def add_names(names: dict[str, None], more: Iterable[str]) -> None:
    """Add column names in their order.

    Raises CatalogRejectedError, `too_many_columns` or `column_name_too_long`.
    """
    for name in more:
        if name not in names:
            check_name(name)
            names[name] = None
    if len(names) > MAX_COLUMNS:
        raise too_many_columns(f"more than {MAX_COLUMNS}")


def check_name(name: str) -> None:
    """Raise CatalogRejectedError for a name that is too long."""
    if len(name) > MAX_NAME_LENGTH:
        raise CatalogRejectedError(
            "column_name_too_long",
            f"a column has a name of {len(name)} characters: {name[:40]!r}...",
            f"at most {MAX_NAME_LENGTH} characters",
        )


def too_many_columns(count: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "too_many_columns",
        f"the catalog has {count} columns",
        f"at most {MAX_COLUMNS} columns",
    )


def cell_too_large(where: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "cell_too_large",
        f"a cell has more than {MAX_CELL_LENGTH} characters: {where}",
        f"at most {MAX_CELL_LENGTH} characters in a cell",
    )


def record_too_large(where: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "record_too_large",
        f"a record has more than {MAX_RECORD_LENGTH} characters, "
        f"or a text in it is never closed: {where}",
        f"at most {MAX_RECORD_LENGTH} characters in a record",
    )


def nested_too_deeply(where: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "nested_too_deeply",
        f"values are nested more than {MAX_DEPTH} levels deep: {where}",
        f"at most {MAX_DEPTH} levels",
    )


def number_too_long(where: str) -> CatalogRejectedError:
    return CatalogRejectedError(
        "number_too_long",
        f"a number has more than {MAX_DIGITS} characters: {where}",
        f"numbers of at most {MAX_DIGITS} characters, or texts in quotes",
    )
