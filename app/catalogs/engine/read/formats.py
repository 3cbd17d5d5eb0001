"""Detects a file's format from its first bytes, media type and name."""

import re
from enum import StrEnum
from pathlib import Path

from app.catalogs.engine.read.json_records.lines import is_line_delimited
from app.catalogs.engine.read.source import CatalogRejectedError, SourceFile

SAMPLE = 256 * 1024
PARQUET_MAGIC = b"PAR1"
ACCEPTED = (
    "CSV, TSV, NDJSON, a JSON array of objects, a JSON object around one such array, "
    "an RSS or Atom feed in XML, Parquet, or a workbook (.xlsx, .xls, .ods); each "
    "also compressed with gzip or as the only file of a ZIP archive"
)

_FOREIGN = (
    (b"%PDF", "a PDF document"),
    (b"PARE", "an encrypted Parquet file"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x7fELF", "a program"),
)

_CONTROL = bytes(sorted(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b")))
_FEW = 8
_WIDE = (b"\xff\xfe", b"\xfe\xff")


class Format(StrEnum):
    CSV = "csv"
    TSV = "tsv"
    NDJSON = "ndjson"
    JSON = "json"
    XML = "xml"
    PARQUET = "parquet"
    XLSX = "xlsx"
    XLS = "xls"
    ODS = "ods"


_MEDIA_TYPES = {
    "text/csv": Format.CSV,
    "application/csv": Format.CSV,
    "text/tab-separated-values": Format.TSV,
    "application/x-ndjson": Format.NDJSON,
    "application/ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
    "application/x-jsonlines": Format.NDJSON,
    "application/json": Format.JSON,
    "application/xml": Format.XML,
    "text/xml": Format.XML,
    "application/rss+xml": Format.XML,
    "application/atom+xml": Format.XML,
    "application/vnd.apache.parquet": Format.PARQUET,
    "application/x-parquet": Format.PARQUET,
    "application/parquet": Format.PARQUET,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": Format.XLSX,
    "application/vnd.oasis.opendocument.spreadsheet": Format.ODS,
}
"""Browsers on Windows send CSV as `application/vnd.ms-excel`: it declares nothing."""
_SUFFIXES = {
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
    ".json": Format.JSON,
    ".xml": Format.XML,
    ".rss": Format.XML,
    ".atom": Format.XML,
    ".parquet": Format.PARQUET,
    ".xlsx": Format.XLSX,
    ".xlsm": Format.XLSX,
    ".ods": Format.ODS,
}
_MARKUP = re.compile(r"<(\?xml|!|[a-z_][\w.:-]*[\s/>])", re.IGNORECASE)
_KNOWN_ROOT = re.compile(r"<(\?xml|!doctype|rss|feed|rdf:rdf)\b", re.IGNORECASE)
_PAGE = re.compile(r"(<\?xml[^>]*>\s*)?<(!doctype\s+html|html)\b", re.IGNORECASE)


def looks_like_xml(source: SourceFile, head: bytes) -> bool:
    """Decide from the raw bytes, since XML declares its encoding itself.

    Raises CatalogRejectedError for an HTML page, and if the declared format
    contradicts the content.
    """
    declared = _declared(source)
    text = head[:4096].decode("utf-16" if head[:2] in _WIDE else "latin-1", "ignore")
    start = text.removeprefix("\xef\xbb\xbf").lstrip("\ufeff \t\r\n")
    if _PAGE.match(start):
        raise _unknown("an HTML page")
    is_text = declared not in {None, Format.XML}
    is_markup = bool((_KNOWN_ROOT if is_text else _MARKUP).match(start))
    if not is_markup and declared == Format.XML:
        raise _unknown("not XML, although XML was declared")
    if is_markup and is_text:
        raise _unknown(f"XML, although {declared} was declared")
    return is_markup


def detect_format(source: SourceFile, sample: str) -> Format:
    """Decide from the declared format and the beginning of the text.

    Raises CatalogRejectedError if they contradict each other.
    """
    declared = _declared(source)
    start = sample.lstrip("\ufeff \t\r\n")
    looks_json = start.startswith(("{", "["))
    if declared in {Format.PARQUET, Format.XLSX, Format.ODS}:
        raise _unknown(f"not {declared}, although {declared} was declared")
    if declared in {Format.JSON, Format.NDJSON} or (declared is None and looks_json):
        if not looks_json:
            raise _unknown("not JSON, although JSON was declared")
        by_line = is_line_delimited(start, declared=declared is Format.NDJSON)
        return Format.NDJSON if by_line else Format.JSON
    if start.startswith(('{"', '[{"')):
        raise _unknown("JSON, although CSV was declared")
    return declared or Format.CSV


def reject_foreign(head: bytes) -> None:
    """Reject other file types by their first bytes. `head` is the first few KB."""
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            raise _unknown(what)
    if len(head) - len(head.translate(None, _CONTROL)) > _FEW + len(head) // 50:
        raise _unknown("a binary file")


def _declared(source: SourceFile) -> Format | None:
    media_type = (source.media_type or "").partition(";")[0].strip().lower()
    if media_type in _MEDIA_TYPES:
        return _MEDIA_TYPES[media_type]
    name = (source.filename or "").lower().removesuffix(".gz")
    return _SUFFIXES.get(Path(name).suffix)


def _unknown(what: str) -> CatalogRejectedError:
    return CatalogRejectedError("unknown_format", f"the file is {what}", ACCEPTED)
