"""What an API key looks like: a prefix scanners know, 32 random bytes, a checksum."""

import secrets
import zlib

PREFIX = "refeed_"
HINT_LENGTH = 12


def new_key() -> str:
    """A fresh bearer key; shown once, stored only as a keyed hash."""
    body = secrets.token_urlsafe(32)
    return f"{PREFIX}{body}{_checksum(body)}"


def looks_right(key: str) -> bool:
    """Whether the checksum fits: a typing mistake costs no look-up."""
    body = key.removeprefix(PREFIX)
    return key.startswith(PREFIX) and _checksum(body[:-8]) == body[-8:]


def hint(key: str) -> str:
    """The start of a key, enough for a person to tell keys apart."""
    return key[:HINT_LENGTH]


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()):08x}"
