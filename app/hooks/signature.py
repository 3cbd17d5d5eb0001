"""Whether a webhook is signed as Standard Webhooks asks for. Pure.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from standardwebhooks import Webhook, WebhookVerificationError

TOLERANCE = timedelta(minutes=5)
SECRET_BYTES = 32
NOBODYS_SECRET = "whsec_" + base64.b64encode(bytes(SECRET_BYTES)).decode()
"""Stands in where a store has none: a wrong guess takes as long. It never passes."""


class Fault(StrEnum):
    """Why a webhook is not taken. None of them tells whether the store exists."""

    MISSING = "signature_missing"
    STALE = "signature_stale"
    WRONG = "signature_wrong"


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The three headers of Standard Webhooks as they came."""

    id: str | None
    timestamp: str | None
    signature: str | None


def new_secret() -> str:
    raw = secrets.token_bytes(SECRET_BYTES)
    return "whsec_" + base64.b64encode(raw).decode()


def fault_before_body(headers: SignedHeaders, now: datetime) -> Fault | None:
    """What the headers alone tell."""
    if not (headers.id and headers.timestamp and headers.signature):
        return Fault.MISSING
    try:
        seconds = float(headers.timestamp)
    except ValueError:
        return Fault.WRONG
    # `not <=` and not `>`: a time that is no number is refused, too
    if not abs(seconds - now.timestamp()) <= TOLERANCE.total_seconds():
        return Fault.STALE
    return None


def is_signed(body: bytes, headers: SignedHeaders, known: Sequence[str]) -> bool:
    """Whether one of the store's secrets signed exactly these bytes."""
    tried = [_signed_by(secret, body, headers) for secret in known or [NOBODYS_SECRET]]
    return any(tried) and bool(known)


def _signed_by(secret: str, body: bytes, headers: SignedHeaders) -> bool:
    given = {
        "webhook-id": headers.id or "",
        "webhook-timestamp": headers.timestamp or "",
        "webhook-signature": headers.signature or "",
    }
    try:
        Webhook(secret).verify(body, given, json_parse=False)
    except (WebhookVerificationError, ValueError):
        # ValueError: the body is not UTF-8, or the signature not of this form
        return False
    return True
