"""Formats API keys: a prefix for secret scanners, random bytes, a checksum."""

import secrets
import zlib

PREFIX = "refeed_"
HINT_LENGTH = 12


def new_key() -> str:
    """A new bearer key; shown once, stored only as a keyed hash."""
    body = secrets.token_urlsafe(32)
    return f"{PREFIX}{body}{_checksum(body)}"


def has_valid_checksum(key: str) -> bool:
    """Whether the checksum matches; a mistyped key needs no database query."""
    body = key.removeprefix(PREFIX)
    return key.startswith(PREFIX) and _checksum(body[:-8]) == body[-8:]


def hint(key: str) -> str:
    """The start of a key, by which people can distinguish keys."""
    return key[:HINT_LENGTH]


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
