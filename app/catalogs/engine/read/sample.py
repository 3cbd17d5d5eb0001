"""Cuts a sample from the beginning of a large upload, for previews and proposals."""

import gzip
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, cast

from app.catalogs.engine.read.archives import GZIP_MAGIC, ZIP_MAGICS, unpack
from app.catalogs.engine.read.formats import (
    PARQUET_MAGIC,
    SAMPLE,
    Format,
    detect_format,
    looks_like_xml,
)
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile
from app.catalogs.engine.read.workbooks.kinds import may_be_workbook


@dataclass(frozen=True, slots=True)
class Sample:
    """`is_whole`: the sample is the complete file."""

    source: SourceFile
    is_whole: bool


def take_sample(source: SourceFile, max_bytes: int, workdir: Path) -> Sample:
    """Complete lines from the beginning, at most `max_bytes` after decompression.

    A JSON array, XML feed or Parquet file cannot be cut at a line: the sample limits
    the number of records instead. Raises CatalogRejectedError for a larger ZIP archive.
    """
    with source.path.open("rb") as file:
        magic = file.read(4)
    if magic in ZIP_MAGICS:
        return _from_archive(source, max_bytes, workdir)
    try:
        with _opened(source.path, magic) as file:
            start = file.read(max_bytes + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        return Sample(source, is_whole=True)  # the reader reports the damage
    if len(start) <= max_bytes or may_be_workbook(start):
        return Sample(source, is_whole=True)
    if start.startswith(PARQUET_MAGIC) or looks_like_xml(source, start[:SAMPLE]):
        return _first_records(source)
    if detect_format(source, start[:SAMPLE].decode(errors="ignore")) is Format.JSON:
        return _first_records(source)
    end = start.rfind(b"\n") + 1 or max_bytes
    path = workdir / "head"
    path.write_bytes(start[: end + end % 2] if start[:2] in _WIDE else start[:end])
    return Sample(replace(source, path=path), is_whole=False)


def _first_records(source: SourceFile) -> Sample:
    limits = replace(source.limits, max_records=source.limits.max_sample_records)
    return Sample(replace(source, limits=limits), is_whole=False)


def _from_archive(source: SourceFile, max_bytes: int, workdir: Path) -> Sample:
    limits = replace(source.limits, max_expanded_bytes=max_bytes)
    try:
        plain = unpack(replace(source, limits=limits), workdir)
    except CatalogRejectedError as error:
        if error.code == "too_large":
            raise CatalogRejectedError(
                "too_large_to_preview",
                "a ZIP archive of this size cannot be previewed in part",
                f"at most {max_bytes} bytes, or its content uncompressed or in gzip",
            ) from None
        raise
    unpacked = replace(plain.source, path=plain.path, limits=source.limits)
    return Sample(unpacked, is_whole=True)


_WIDE = (b"\xff\xfe", b"\xfe\xff")
"""Byte order marks of UTF-16, which has two bytes per code unit."""


def _opened(path: Path, magic: bytes) -> IO[bytes]:
    packed = magic.startswith(GZIP_MAGIC)
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")
