"""Reads the files of a multipart body."""

import io
from dataclasses import dataclass

from python_multipart import parse_form
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File


@dataclass(frozen=True, slots=True)
class SentFile:
    field: str
    name: str
    size: int


def files_of(content_type: str, body: bytes) -> list[SentFile]:
    """Return the files; an empty list if the body is not a multipart form."""
    found: list[SentFile] = []

    def keep(file: File) -> None:
        found.append(
            SentFile(
                (file.field_name or b"").decode(errors="replace"),
                (file.file_name or b"").decode(errors="replace"),
                file.size,
            )
        )
        file.close()

    if not content_type.lower().startswith("multipart/form-data"):
        return []
    headers = {"Content-Type": content_type.encode()}
    try:
        parse_form(headers, io.BytesIO(body), None, keep)
    except FormParserError:
        return []
    return found
