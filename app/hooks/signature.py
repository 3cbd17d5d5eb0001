"""Verifies signatures as Standard Webhooks specifies. Pure.

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
"""Used for stores without a secret, so that verification takes as long. Never valid."""


class SignatureFault(StrEnum):
    """Why a webhook is refused. Does not reveal whether the store exists."""

    MISSING = "signature_missing"
    STALE = "signature_stale"
    WRONG = "signature_wrong"


@dataclass(frozen=True, slots=True)
class SignedHeaders:
    """The three headers of Standard Webhooks, not parsed."""

    id: str | None
    timestamp: str | None
    signature: str | None


def new_secret() -> str:
    raw = secrets.token_bytes(SECRET_BYTES)
    return "whsec_" + base64.b64encode(raw).decode()


def fault_before_body(headers: SignedHeaders, now: datetime) -> SignatureFault | None:
    """A fault that the headers alone show."""
    if not (headers.id and headers.timestamp and headers.signature):
        return SignatureFault.MISSING
    try:
        seconds = float(headers.timestamp)
    except ValueError:
        return SignatureFault.WRONG
    # `not <=` instead of `>`: NaN is refused too
    if not abs(seconds - now.timestamp()) <= TOLERANCE.total_seconds():
        return SignatureFault.STALE
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
