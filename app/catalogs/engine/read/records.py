"""Reads files record by record where the columnar reader cannot parse them."""

from collections.abc import Generator
from dataclasses import dataclass

ROW_LENGTH = 1
UNREADABLE_ROW = 2


@dataclass(frozen=True, slots=True)
class Record:
    """One row of the file. `flaw` is 0, ROW_LENGTH or UNREADABLE_ROW."""

    line: int
    cells: dict[str, str]
    flaw: int = 0


Records = Generator[Record, None, None]
"""Keeps its file open until it is exhausted or closed."""
