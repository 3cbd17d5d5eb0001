"""The beginning of a large upload, for those who want to look and not to import."""

import gzip
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

from app.catalogs.engine.formats import GZIP_MAGIC, SAMPLE, Format, find_format
from app.catalogs.engine.source import SourceFile

MOST_RECORDS = 100_000


@dataclass(frozen=True, slots=True)
class Head:
    """`is_whole`: nothing was left out."""

    source: SourceFile
    is_whole: bool


def head_of(source: SourceFile, most_bytes: int, workdir: Path) -> Head:
    """At most so many bytes once unpacked, up to the end of a line.

    A larger JSON array has no lines to cut at: of it the first records count.
    """
    try:
        with _opened(source.path) as file:
            start = file.read(most_bytes + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return Head(source, is_whole=True)  # whoever reads it will say so
    if len(start) <= most_bytes:
        return Head(source, is_whole=True)
    if find_format(source, start[:SAMPLE].decode(errors="ignore")) is Format.JSON:
        limits = replace(source.limits, max_json_records=MOST_RECORDS)
        return Head(replace(source, limits=limits), is_whole=False)
    end = start.rfind(b"\n") + 1 or most_bytes
    path = workdir / "head"
    path.write_bytes(start[: end + end % 2] if start[:2] in _WIDE else start[:end])
    return Head(replace(source, path=path), is_whole=False)


_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""UTF-16: two bytes a sign."""


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")
