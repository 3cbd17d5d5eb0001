"""Reads files record by record where the columnar reader cannot parse them."""

import json
from collections.abc import Generator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO

import ijson

from app.catalogs.engine.read.dialect import Dialect, Header
from app.catalogs.engine.read.source import CatalogRejectedError

ROW_LENGTH = 1
UNREADABLE_ROW = 2
_MAX_LINE_LENGTH = 16 * 1024**2


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


def ndjson_records(path: Path) -> Records:
    """One object per line; any other line gives an UNREADABLE_ROW."""
    with path.open("rb") as file:
        line = 0
        while text := file.readline(_MAX_LINE_LENGTH):
            line += 1
            if line == 1:
                text = text.removeprefix(b"\xef\xbb\xbf")
            if text.strip():
                yield _ndjson_record(line, text)


def json_records(path: Path) -> Records:
    """The objects of an array; `line` is the number of the record.

    Raises CatalogRejectedError for malformed JSON.
    """
    try:
        with path.open("rb") as file:
            _skip_bom(file)
            for number, value in enumerate(ijson.items(file, "item"), start=1):
                if isinstance(value, dict):
                    cells = {name: _text(cell) for name, cell in value.items()}
                    yield Record(number, cells)
                else:
                    yield Record(number, {}, UNREADABLE_ROW)
    except ijson.JSONError as error:
        raise CatalogRejectedError(
            "unreadable", f"the JSON is damaged: {error}", "an array of objects"
        ) from error


def _ndjson_record(line: int, text: bytes) -> Record:
    try:
        value = json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return Record(line, {}, UNREADABLE_ROW)
    if not isinstance(value, dict):
        return Record(line, {}, UNREADABLE_ROW)
    if any(isinstance(cell, dict | list) for cell in value.values()):
        value = json.loads(text, parse_float=Decimal)
    return Record(line, {name: _text(cell) for name, cell in value.items()})


def _text(value: object) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False, default=_number)


def _number(value: object) -> float | int:
    number = Decimal(str(value))
    return int(number) if number == number.to_integral_value() else float(number)


def _skip_bom(file: IO[bytes]) -> None:
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
