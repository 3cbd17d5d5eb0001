"""The Idempotency-Key header in the API document: what it accepts."""

from typing import Any

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_CHARACTER = r"[!#-+\-.-:<-\[\]-~]"
PATTERN = f'^("{_CHARACTER}{{1,255}}"|{_CHARACTER}{{1,255}})$'
"""A string of RFC 9651, or the same without quotes."""
ACCEPTED = 'one header of 1 to 255 visible ASCII characters without " , ; and \\'

PARAMETER: dict[str, Any] = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "description": (
        "Makes a retry safe for 24 hours: the same key, path and body get the same "
        "response again, with `Idempotent-Replayed: true`. 409 "
        "`idempotency_key_in_use` while the first request runs, 422 "
        "`idempotency_key_reused` for another body."
    ),
    "schema": {"type": "string", "pattern": PATTERN},
    "example": "8e03978e-40d5-43dd-bc93-6894a57f9324",
}
