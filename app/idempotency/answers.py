"""Decides which answers are stored, and encodes them."""

import json
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

MAX_ANSWER = 256 * 1024
"""Bytes of a body that is stored."""
_TRANSIENT = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT})

RawHeaders = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as the route sent it, before middleware adds headers."""

    status: int
    headers: RawHeaders
    body: bytes


def is_final(status: int, headers: RawHeaders) -> bool:
    """Whether a repeat would get the same answer.

    An error with `Retry-After` says that it would not; so do errors of the server.
    """
    if status < HTTPStatus.BAD_REQUEST:
        return True
    if status in _TRANSIENT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    return all(name.lower() != b"retry-after" for name, _ in headers)


def encode(answer: Answer) -> str:
    """Headers and body as text, to be encrypted."""
    headers = [[part.decode("latin-1") for part in pair] for pair in answer.headers]
    return json.dumps({"headers": headers, "body": b64encode(answer.body).decode()})


def decode(status: int, encoded: str) -> Answer:
    found = json.loads(encoded)
    headers = [
        (name.encode("latin-1"), value.encode("latin-1"))
        for name, value in found["headers"]
    ]
    return Answer(status, headers, b64decode(found["body"]))
