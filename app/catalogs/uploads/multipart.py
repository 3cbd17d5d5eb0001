"""Parses a multipart form with one file as a stream."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from app.core.errors import FieldError, InvalidError

FILE = b"file"
"""The field of the file; a field of any name with a file name is accepted too."""


def options_of(header: str) -> tuple[str, dict[bytes, bytes]]:
    """The value of a header in lower case, and its parameters."""
    value, options = parse_options_header(header)
    return value.decode("latin-1").strip().lower(), options


@dataclass(frozen=True, slots=True)
class Form:
    """The headers of the file, and the stream of its bytes."""

    headers: dict[str, str]
    body: AsyncIterator[bytes]


@dataclass(slots=True)
class _Reader:
    """Parser state: the current part, and the file."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    value: str = ""
    in_file: bool = False
    file: dict[str, str] | None = None
    blocks: list[bytes] = field(default_factory=list)
    ended: bool = False

    def part_begin(self) -> None:
        self.headers = {}

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self.name += data[start:end].decode("latin-1").lower()

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end].decode("latin-1")

    def header_end(self) -> None:
        self.headers[self.name] = self.value
        self.name = self.value = ""

    def headers_finished(self) -> None:
        _, options = options_of(self.headers.get("content-disposition", ""))
        self.in_file = b"filename" in options or options.get(b"name") == FILE
        if self.in_file and self.file is not None:
            raise bad_form("The form has more than one file.")
        if self.in_file:
            self.file = self.headers

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self.in_file:
            self.blocks.append(data[start:end])

    def part_end(self) -> None:
        self.ended = self.ended or self.in_file
        self.in_file = False

    def parser(self, boundary: bytes) -> MultipartParser:
        if not boundary:
            raise bad_form("The content type has no boundary.")
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self.part_begin,
                    "on_header_field": self.header_field,
                    "on_header_value": self.header_value,
                    "on_header_end": self.header_end,
                    "on_headers_finished": self.headers_finished,
                    "on_part_data": self.part_data,
                    "on_part_end": self.part_end,
                },
            )
        except FormParserError as error:
            raise bad_form("The boundary is too long.") from error


async def open_form(stream: AsyncIterator[bytes], boundary: bytes) -> Form:
    """Parse up to the file. Raises InvalidError, also while its bytes are read."""
    reader = _Reader()
    parser = reader.parser(boundary)
    async for chunk in stream:
        _feed(parser, chunk)
        if reader.file is not None:
            return Form(reader.file, _file_bytes(reader, parser, stream))
    raise bad_form("The form has no file.")


async def _file_bytes(
    reader: _Reader, parser: MultipartParser, stream: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    chunk: bytes | None = b""
    while chunk is not None:
        for block in reader.blocks:
            yield block
        reader.blocks.clear()
        chunk = await anext(stream, None)
        if chunk:
            _feed(parser, chunk)
    if not reader.ended:
        raise bad_form("The form ends before the end of the file.")


def _feed(parser: MultipartParser, chunk: bytes) -> None:
    try:
        parser.write(chunk)
    except FormParserError as error:
        raise bad_form("The form is malformed.") from error


def bad_form(message: str) -> InvalidError:
    return InvalidError(
        message,
        code="bad_form",
        errors=[FieldError("body", "bad_form", message, "a form with one file")],
    )
