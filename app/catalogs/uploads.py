"""The body of an upload: raw or multipart, streamed, never held in memory."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.errors import FieldError, InvalidError, MediaTypeError, TooLargeError

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
)
SUFFIXES = (".csv", ".tsv", ".tab", ".ndjson", ".jsonl", ".json")
ACCEPTED = ", ".join((*MEDIA_TYPES, "multipart/form-data with one file"))


@dataclass(slots=True)
class Upload:
    """What is known of a file, and its bytes as they come."""

    media_type: str
    filename: str | None
    charset: str | None
    body: AsyncIterator[bytes]


async def open_upload(request: Request, limit: int) -> Upload:
    """The file in a request. Raises MediaTypeError, TooLargeError, InvalidError."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise too_large(limit)
    encoding = request.headers.get("content-encoding", "identity").lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise _refused("content-encoding", f"`{encoding[:40]}`", "gzip, identity")
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    media_type = kind.decode("latin-1").lower()
    if media_type == "multipart/form-data":
        return await _first_file(request, options.get(b"boundary", b""))
    charset = options.get(b"charset", b"").decode("latin-1") or None
    filename = _filename(request.headers.get("content-disposition", ""))
    _check(media_type, filename)
    return Upload(media_type, filename, charset, request.stream())


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


def _filename(disposition: str) -> str | None:
    _, options = parse_options_header(disposition)
    name = options.get(b"filename", b"").decode("utf-8", "replace")
    return name.replace("\\", "/").rpartition("/")[2][:255] or None


@dataclass(slots=True)
class _Part:
    """What the multipart parser has seen of the part that it is in."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    value: str = ""
    blocks: list[bytes] = field(default_factory=list)
    is_file: bool = False
    found: bool = False
    ended: bool = False


def _callbacks(part: _Part) -> dict[str, object]:
    def begin() -> None:
        part.headers = {}
        part.is_file = False

    def name(data: bytes, start: int, end: int) -> None:
        part.name += data[start:end].decode("latin-1").lower()

    def value(data: bytes, start: int, end: int) -> None:
        part.value += data[start:end].decode("utf-8", "replace")

    def header_end() -> None:
        part.headers[part.name] = part.value
        part.name = part.value = ""

    def headers_finished() -> None:
        is_file = "filename=" in part.headers.get("content-disposition", "")
        part.is_file = is_file and not part.found
        part.found = part.found or is_file

    def data(block: bytes, start: int, end: int) -> None:
        if part.is_file:
            part.blocks.append(block[start:end])

    def part_end() -> None:
        part.ended = part.ended or part.is_file
        part.is_file = False

    return {
        "on_part_begin": begin,
        "on_header_field": name,
        "on_header_value": value,
        "on_header_end": header_end,
        "on_headers_finished": headers_finished,
        "on_part_data": data,
        "on_part_end": part_end,
    }


async def _first_file(request: Request, boundary: bytes) -> Upload:
    """The first file of a multipart body; its headers are read before it streams."""
    part = _Part()
    parser = MultipartParser(boundary, _callbacks(part)) if boundary else None
    stream = request.stream()
    async for chunk in stream:
        _feed(parser, chunk)
        if part.found:
            break
    if not part.found:
        raise _not_multipart("There is no file in the form.")
    media_type = part.headers.get("content-type", "").partition(";")[0].strip().lower()
    filename = _filename(part.headers.get("content-disposition", ""))
    _check(media_type, filename)

    async def body() -> AsyncIterator[bytes]:
        while True:
            for block in part.blocks:
                yield block
            part.blocks.clear()
            chunk = await anext(stream, None)
            if chunk is None:
                break
            _feed(parser, chunk)
        if not part.ended:
            raise _not_multipart("The form ends in the middle of the file.")

    return Upload(media_type, filename, None, body())


def _feed(parser: MultipartParser | None, chunk: bytes) -> None:
    if parser is None:
        raise _not_multipart("The content type names no boundary.")
    try:
        parser.write(chunk)
    except MultipartParseError as error:
        raise _not_multipart("The form cannot be read.") from error


def _not_multipart(message: str) -> InvalidError:
    return InvalidError(
        message,
        code="bad_form",
        errors=[FieldError("body", "bad_form", message, "one file in a form")],
    )
