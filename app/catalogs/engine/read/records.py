"""Reads files record by record where the columnar reader cannot parse them."""

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from app.catalogs.engine.read.dialect import Dialect, Header

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


def csv_records(path: Path, dialect: Dialect, header: Header) -> Records:
    """Parse leniently: quotes inside cells are text, quoted line breaks are kept."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for _ in range(header.lines):
            file.readline()
        reader = dialect.rows(file)
        line = header.lines + 1
        for cells in reader:
            while len(cells) > header.width and not cells[-1].strip():
                cells.pop()
            if any(cells):
                fits = header.named <= len(cells) <= header.width
                flaw = 0 if fits else ROW_LENGTH
                yield Record(line, dict(zip(header.names, cells, strict=False)), flaw)
            line = header.lines + reader.line_num + 1
