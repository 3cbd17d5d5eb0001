"""Which format a file has: its first bytes decide, then media type and name."""

import gzip
import zlib
from enum import StrEnum
from pathlib import Path

from app.catalogs.engine.source import CatalogRejectedError, Limits, SourceFile

BLOCK = 1 << 20
SAMPLE = 256 * 1024
GZIP_MAGIC = b"\x1f\x8b"
ACCEPTED = "CSV, TSV, NDJSON or a JSON array of objects, each also gzip-compressed"

_FOREIGN = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file"),
    (b"%PDF", "a PDF document"),
    (b"PAR1", "a Parquet file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
    (GZIP_MAGIC, "a gzip file inside a gzip file"),
)

_CONTROL = bytes(sorted(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")))
_FEW = 8


class Format(StrEnum):
    CSV = "csv"
    TSV = "tsv"
    NDJSON = "ndjson"
    JSON = "json"


_MEDIA_TYPES = {
    "text/csv": Format.CSV,
    "application/csv": Format.CSV,
    "text/tab-separated-values": Format.TSV,
    "application/x-ndjson": Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
    "application/x-jsonlines": Format.NDJSON,
    "application/json": Format.JSON,
}
_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".json": Format.JSON,
}


def find_format(source: SourceFile, sample: str) -> Format:
    """Decide from what is declared and how the text begins.

    Raises CatalogRejectedError where the two contradict each other.
    """
    declared = _declared(source)
    start = sample.lstrip("\ufeff \t\r\n")
    if start.lower().startswith(("<!doctype", "<html", "<?xml", "<rss", "<feed")):
        raise _unknown("an HTML or XML page")
    looks_json = start.startswith(("{", "["))
    if declared in {Format.JSON, Format.NDJSON} or (declared is None and looks_json):
        if not looks_json:
            raise _unknown("not JSON, although JSON was declared")
        return Format.JSON if start.startswith("[") else Format.NDJSON
    if start.startswith(('{"', '[{"')):
        raise _unknown("JSON, although CSV was declared")
    return declared or Format.CSV


def refuse_foreign(head: bytes) -> None:
    """Reject files that are clearly something else. `head` is the first few KB."""
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise _unknown(what)
    if len(head) - len(head.translate(None, _CONTROL)) > _FEW + len(head) // 50:
        raise _unknown("a binary file")


def expand(source: SourceFile, workdir: Path) -> tuple[Path, str | None]:
    """Return a path to the plain bytes, decompressed into `workdir` if need be."""
    with source.path.open("rb") as file:
        if file.read(2) != GZIP_MAGIC:
            return source.path, None
    target = workdir / "expanded"
    try:
        _gunzip(source.path, target, source.limits)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CatalogRejectedError(
            "unreadable", f"the gzip file is damaged: {error}", ACCEPTED
        ) from error
    return target, "gzip"


def _gunzip(path: Path, target: Path, limits: Limits) -> None:
    written = 0
    with (
        path.open("rb") as raw,
        gzip.GzipFile(fileobj=raw) as packed,
        target.open("wb") as out,
    ):
        while block := packed.read(BLOCK):
            written += len(block)
            _guard(written, raw.tell(), limits)
            out.write(block)


def _guard(written: int, read: int, limits: Limits) -> None:
    suspicious = (
        written > limits.ratio_counts_after_bytes and written > limits.max_ratio * read
    )
    if suspicious or written > limits.max_expanded_bytes:
        raise CatalogRejectedError(
            "too_large",
            "the decompressed catalog is too large",
            f"at most {limits.max_expanded_bytes} bytes, expanding no more than "
            f"{limits.max_ratio} times",
        )


def _declared(source: SourceFile) -> Format | None:
    media_type = (source.media_type or "").partition(";")[0].strip().lower()
    if media_type in _MEDIA_TYPES:
        return _MEDIA_TYPES[media_type]
    name = (source.filename or "").lower().removesuffix(".gz")
    return _SUFFIXES.get(Path(name).suffix)


def _unknown(what: str) -> CatalogRejectedError:
    return CatalogRejectedError("unknown_format", f"the file is {what}", ACCEPTED)
