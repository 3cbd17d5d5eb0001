"""Opens the body of an upload, raw or multipart, as a stream."""

from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.message import Message

from fastapi import Request
from pydantic_core import PydanticCustomError

from app.catalogs.engine.read.delimited.dialect import QUOTES, SEPARATORS
from app.catalogs.engine.read.encoding import ACCEPTED as ACCEPTED_ENCODINGS
from app.catalogs.engine.read.encoding import canonical_encoding
from app.catalogs.engine.read.source import CatalogRejectedError
from app.catalogs.uploads.multipart import open_form, options_of
from app.core.errors import FieldError, InvalidError, MediaTypeError, TooLargeError

MEDIA_TYPES = (
    "text/csv",
    "application/csv",
    "text/tab-separated-values",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/json",
    "application/gzip",
    "application/x-gzip",
    "application/xml",
    "text/xml",
    "application/rss+xml",
    "application/atom+xml",
    "application/vnd.apache.parquet",
    "application/x-parquet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-excel",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/zip",
    "application/x-zip-compressed",
)
SUFFIXES = (
    *(".csv", ".tsv", ".tab", ".ndjson", ".jsonl", ".json"),
    *(".xml", ".rss", ".atom", ".parquet", ".zip"),
    *(".xlsx", ".xlsm", ".xls", ".ods"),
)
FORM_OVERHEAD = 1 << 20
"""Maximum bytes of a form besides its file."""
ACCEPTED = ", ".join((*MEDIA_TYPES, "multipart/form-data with one file"))


SEPARATOR_NAMES = {name: name for name in SEPARATORS} | {"tab": "\t", "\\t": "\t"}
QUOTE_NAMES = {name: name for name in QUOTES} | {"none": ""}


def separator_of(given: str | None) -> str | None:
    return None if given is None else _one_of("separator", SEPARATOR_NAMES, given)


def quote_of(given: str | None) -> str | None:
    return None if given is None else _one_of("quote", QUOTE_NAMES, given)


def encoding_of(given: str | None) -> str | None:
    """Python's name of the encoding. Raises PydanticCustomError if unsupported."""
    try:
        return canonical_encoding(given)
    except CatalogRejectedError:
        raise _unknown("encoding") from None


def _one_of(what: str, known: Mapping[str, str], given: str) -> str:
    if given not in known:
        raise _unknown(what)
    return known[given]


def _unknown(what: str) -> PydanticCustomError:
    accepted = {
        "separator": ", ; | or tab",
        "quote": "\" or ' or none",
        "encoding": ACCEPTED_ENCODINGS,
    }
    return PydanticCustomError(
        f"unknown_{what}", f"Unknown {what}.", {"accepted": accepted[what]}
    )


@dataclass(slots=True)
class Upload:
    """Stated properties of a file, and the stream of its bytes."""

    media_type: str
    filename: str | None
    charset: str | None
    body: AsyncIterator[bytes]


def declared_size(request: Request, limit: int) -> int | None:
    """The bytes of the body, if the request says so. Raises TooLargeError."""
    declared = request.headers.get("content-length", "")
    if not declared.isdigit():
        return None
    if int(declared) > limit:
        raise too_large(limit)
    return int(declared)


async def open_upload(request: Request, limit: int) -> Upload:
    """The file in a request. Raises MediaTypeError, TooLargeError, InvalidError."""
    request.state.takes_long_body = True
    # A repeated header is a nested encoding, as a list in one header is.
    encodings = ",".join(request.headers.getlist("content-encoding"))
    encoding = encodings.strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise _refused("content-encoding", f"`{encoding[:40]}`", "gzip, identity")
    media_type, options = options_of(request.headers.get("content-type", ""))
    if media_type == "multipart/form-data":
        stream = _up_to(limit, request.stream())
        form = await open_form(stream, options.get(b"boundary", b""))
        return _upload(form.headers, form.body)
    return _upload(request.headers, request.stream())


def _upload(headers: Mapping[str, str], body: AsyncIterator[bytes]) -> Upload:
    media_type, options = options_of(headers.get("content-type", ""))
    filename = filename_of(headers.get("content-disposition", ""))
    _check(media_type, filename)
    return Upload(media_type, filename, _charset(options), body)


def _charset(options: Mapping[bytes, bytes]) -> str | None:
    given = options.get(b"charset", b"").decode("latin-1").strip(" '")
    try:
        return encoding_of(given)
    except PydanticCustomError as error:
        message = "Unknown charset."
        raise InvalidError(
            message,
            errors=[
                FieldError("content-type", error.type, message, ACCEPTED_ENCODINGS)
            ],
        ) from None


def charset_in(content_type: str) -> str | None:
    """Python's name of the charset, None if absent or unsupported."""
    try:
        return _charset(options_of(content_type)[1])
    except InvalidError:
        return None


def too_large(limit: int) -> TooLargeError:
    message = f"The body is larger than {limit:,} bytes."
    return TooLargeError(
        message,
        errors=[FieldError("body", "too_large", message, f"at most {limit} bytes")],
    )


def _check(media_type: str, filename: str | None) -> None:
    named = (filename or "").lower().removesuffix(".gz").endswith(SUFFIXES)
    if media_type not in MEDIA_TYPES and not named:
        raise _refused("content-type", f"`{media_type[:80] or 'none'}`", ACCEPTED)


def _refused(where: str, given: str, accepted: str) -> MediaTypeError:
    message = f"The {where} {given} is not accepted."
    return MediaTypeError(
        message,
        errors=[FieldError(where, "unsupported_media_type", message, accepted)],
    )


def filename_of(disposition: str) -> str | None:
    """The last part of `filename` or `filename*` (RFC 6266), without a folder."""
    header = Message()
    try:
        header["content-disposition"] = disposition
        name = header.get_filename() or ""
    except (HeaderParseError, LookupError, ValueError):
        return None
    # Headers are bytes: UTF-8 arrives as latin-1. `filename*` is decoded already.
    with suppress(UnicodeError):
        name = name.encode("latin-1").decode("utf-8")
    return without_folder(name)


def without_folder(name: str) -> str | None:
    """The printable last part of a file name, at most 255 characters."""
    name = "".join(c for c in name if c.isprintable())
    return name.replace("\\", "/").rpartition("/")[2][:255] or None


async def _up_to(limit: int, stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Limit the total size of a form, which may have fields besides the file."""
    size = 0
    async for chunk in stream:
        size += len(chunk)
        if size > limit + FORM_OVERHEAD:
            raise too_large(limit)
        yield chunk
