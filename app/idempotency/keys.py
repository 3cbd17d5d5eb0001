"""Reads the Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header)."""

import hashlib
import re
from collections.abc import Sequence

from app.core.errors import FieldError, InvalidError
from app.web.idempotent.header import ACCEPTED, HEADER, PATTERN

_KEY = re.compile(PATTERN)


def key_of(values: Sequence[bytes]) -> str:
    """The key in the header's fields, without its quotes. Raises InvalidError."""
    text = values[0].decode("latin-1").strip() if len(values) == 1 else ""
    if not _KEY.fullmatch(text):
        message, code = "The header is no idempotency key.", "invalid_idempotency_key"
        raise InvalidError(
            message, code=code, errors=[field_problem(code, message, ACCEPTED)]
        )
    return text.strip('"')


def field_problem(code: str, message: str, accepted: str) -> FieldError:
    """A problem of the header."""
    return FieldError(HEADER, code, message, accepted)


def digest_of(path: str, key: str) -> bytes:
    """Identifies a key of an API key: the same key at another path is another one."""
    return hashlib.sha256(f"{path} {key}".encode()).digest()
