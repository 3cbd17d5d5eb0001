"""Tokens for event streams in browsers, where `EventSource` cannot send a header.

A token is signed, not stored. It is valid for minutes, for streams only, and for as
long as its key is.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.service import Caller, caller_of, refused
from app.core.columns import utc_now
from app.core.vault import Vault

PREFIX = "refeed_event_"
LIFETIME = timedelta(minutes=5)
LONGEST = 500
PURPOSE = "event token"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. `key_id`: None is the admin key."""

    key_id: UUID | None
    expires_at: datetime


def issue(
    vault: Vault, admin_key: SecretStr | None, caller: Caller, now: datetime
) -> tuple[str, datetime]:
    """A token of the caller's key, and when it expires."""
    expires_at = (now + LIFETIME).replace(microsecond=0)
    claims = Claims(caller.key_id, expires_at)
    payload = encode(claims)
    return f"{PREFIX}{payload}.{vault.digest(_signed(payload, claims, admin_key))}", (
        expires_at
    )


async def identify(
    session: AsyncSession, vault: Vault, admin_key: SecretStr | None, token: str
) -> Caller:
    """The caller whose key issued the token. Raises UnauthenticatedError."""
    payload, _, signature = token.removeprefix(PREFIX).partition(".")
    claims = decode(payload) if token.startswith(PREFIX) else None
    if claims is None or len(token) > LONGEST:
        raise refused("event token")
    digests = vault.digests(_signed(payload, claims, admin_key))
    known = any(hmac.compare_digest(signature.encode(), d.encode()) for d in digests)
    if not known or claims.expires_at <= utc_now():
        raise refused("event token")
    return await caller_of(session, claims.key_id)


def encode(claims: Claims) -> str:
    """The claims as text for a URL. Pure."""
    key = str(claims.key_id) if claims.key_id else None
    content = json.dumps([key, int(claims.expires_at.timestamp())])
    return urlsafe_b64encode(content.encode()).decode().rstrip("=")


def decode(payload: str) -> Claims | None:
    """The claims in a text; None for any other text. Pure."""
    try:
        raw = urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        key, expires = json.loads(raw)
        at = datetime.fromtimestamp(expires, UTC)
        return Claims(UUID(key) if key is not None else None, at)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _signed(payload: str, claims: Claims, admin_key: SecretStr | None) -> str:
    """What the signature covers; a new admin key ends the tokens of the old one."""
    bound = admin_key.get_secret_value() if admin_key and not claims.key_id else ""
    return f"{PURPOSE}\n{payload}\n{bound}"
