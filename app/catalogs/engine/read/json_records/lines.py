"""Reads NDJSON: one object per line."""

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from app.catalogs.engine.read.bounds import MAX_RECORD_LENGTH
from app.catalogs.engine.read.json_records.values import (
    DECODER,
    Number,
    Repeated,
    cells_of,
)
from app.catalogs.engine.read.records import UNREADABLE_ROW, Record, Records

_BOM = b"\xef\xbb\xbf"
_SPACE = " \t\r\n"
_SPACES = re.compile(r"[ \t\r\n]*")
_LINES = 50
"""Lines of a sample that are tried."""
MAX_LIST_DEPTH = 4
"""Levels of objects in which a list of records is looked for."""


def ndjson_records(path: Path) -> Records:
    """One object per line; any other line gives an UNREADABLE_ROW.

    So does an object that has one key with two values. A damaged line has the cells
    before the damage: its SKU says which offer it is about. Raises
    CatalogRejectedError for a value above the limits.
    """
    with path.open("rb") as file:
        for line, text in enumerate(_lines(file), start=1):
            bare = text.removeprefix(_BOM) if line == 1 else text
            record = bare.decode("utf-8", "replace").strip(_SPACE)
            if record:
                yield _record(line, record)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines; of a line above the limit only its beginning, which is no object."""
    while line := file.readline(MAX_RECORD_LENGTH):
        yield line
        while len(line) == MAX_RECORD_LENGTH and not line.endswith(b"\n"):
            line = file.readline(MAX_RECORD_LENGTH)


def _record(line: int, text: str) -> Record:
    value = object_in(text)
    if value is None:
        members = members_before_damage(text)
        return Record(line, cells_of(members, f"line {line}"), UNREADABLE_ROW)
    flaw = UNREADABLE_ROW if isinstance(value, Repeated) else 0
    return Record(line, cells_of(value, f"line {line}"), flaw)


def object_in(text: str) -> dict[str, object] | None:
    """The object that is the whole of `text`, None if there is none."""
    try:
        value, end = DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or end < len(text):
        return None
    return value


def members_before_damage(text: str) -> dict[str, object]:
    """The complete members of a damaged object, up to the first that is not.

    None of a name that occurs with two values.
    """
    found: dict[str, object] = {}
    twice: set[str] = set()
    with suppress(ValueError, RecursionError):  # the damage
        for name, value in _members(text):
            if found.setdefault(name, value) != value:
                twice.add(name)
    return {name: value for name, value in found.items() if name not in twice}


def _members(text: str) -> Iterator[tuple[str, object]]:
    """Raises ValueError or RecursionError at the damage; a last number may be cut."""
    at = _after(text, 0, "{")
    while True:
        name, at = DECODER.raw_decode(text, at)
        value, at = DECODER.raw_decode(text, _after(text, at, ":"))
        if type(name) is str and not isinstance(value, Number):
            yield name, value
        at = _after(text, at, ",")
        if type(name) is str and isinstance(value, Number):
            yield name, value


def _after(text: str, at: int, sign: str) -> int:
    """The place after that sign and spaces. Raises ValueError without the sign."""
    match = _SPACES.match(text, at)
    at = match.end() if match else at
    if text[at : at + 1] != sign:
        raise ValueError(sign)
    match = _SPACES.match(text, at + 1)
    return match.end() if match else at + 1


def is_line_delimited(sample: str, *, declared: bool) -> bool:
    """Whether complete lines from the start of a JSON file are one object each.

    `declared`: the file is called NDJSON. A single line may also be an object around
    the list of records.
    """
    if sample.startswith("["):
        return False
    lines = [line for line in sample.split("\n") if line.strip()][:_LINES]
    objects = [object_in(line.strip(_SPACE)) for line in lines]
    if len(lines) == 1 and not declared:
        return objects[0] is not None and not _is_around_records(objects[0])
    readable = sum(found is not None for found in objects)
    return objects[0] is not None or 2 * readable >= len(lines)


def _is_around_records(value: dict[str, object]) -> bool:
    """Whether an object is no record: it has a list of them, or only objects."""
    only_objects = bool(value) and all(isinstance(v, dict) for v in value.values())
    return only_objects or has_list_of_objects(value)


def has_list_of_objects(value: object, depth: int = 1) -> bool:
    """Whether the object, or an object in it, has a list of objects as a member."""
    if isinstance(value, list):
        return any(isinstance(item, dict) for item in value)
    if isinstance(value, dict) and depth <= MAX_LIST_DEPTH:
        return any(has_list_of_objects(item, depth + 1) for item in value.values())
    return False
