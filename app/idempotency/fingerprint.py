"""Computes the fingerprint of a request while its body is streamed."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import HeaderParseError
from email.message import Message as Header
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

_BOUNDARY = b"\0boundary\0"


@dataclass(slots=True)
class Fingerprint:
    """SHA-256 of the query and the body.

    Clients choose a new boundary for each multipart request, also for a retry:
    whatever the boundary is, it counts as the same bytes.
    """

    query: bytes
    boundary: bytes = b""
    size: int = 0
    """Bytes of the body so far."""
    _tail: bytes = b""
    """Bytes that may be the start of a boundary."""
    _hash: Any = field(default_factory=hashlib.sha256)

    def __post_init__(self) -> None:
        self._hash.update(b"%d " % len(self.query) + self.query)

    def add(self, chunk: bytes) -> None:
        if not self.boundary:
            self._count(chunk)
            return
        *parts, rest = (self._tail + chunk).split(self.boundary)
        for part in parts:
            self._count(part)
            self._count(_BOUNDARY)
        keep = min(len(self.boundary) - 1, len(rest))
        self._count(rest[: len(rest) - keep])
        self._tail = rest[len(rest) - keep :]

    def digest(self) -> bytes:
        """Of what was added; nothing is added after it."""
        self._count(self._tail)
        self._tail = b""
        digest: bytes = self._hash.digest()
        return digest

    def _count(self, chunk: bytes) -> None:
        self.size += len(chunk)
        self._hash.update(chunk)


def boundary_of(content_type: str) -> bytes:
    """The boundary of a multipart body; empty for other media types."""
    header = Header()
    with suppress(HeaderParseError, LookupError, ValueError):
        header["content-type"] = content_type
        if header.get_content_maintype() == "multipart":
            return (header.get_boundary() or "").encode("latin-1", "replace")
    return b""


@dataclass(slots=True)
class Body:
    """The body of a request: each chunk is counted as it passes."""

    fingerprint: Fingerprint
    source: Receive
    complete: bool = False

    async def receive(self) -> Message:
        message = await self.source()
        if message["type"] == "http.request" and not self.complete:
            self.fingerprint.add(message.get("body", b""))
            self.complete = not message.get("more_body", False)
        return message

    async def read(self, most: int | None = None) -> None:
        """Read what is left, and discard it; up to `most` bytes and a chunk.

        Raises ClientDisconnect.
        """
        while not self.complete and (most is None or self.fingerprint.size <= most):
            if (await self.receive())["type"] == "http.disconnect":
                raise ClientDisconnect
