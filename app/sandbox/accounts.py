"""Seller accounts and token authentication."""

import base64
import binascii
from dataclasses import dataclass, field
from hashlib import sha256

from app.sandbox.listings.listing_store import ListingStore
from app.sandbox.options import Platform


class TokenRefusedError(Exception):
    """The token is missing, malformed, unknown or revoked."""


@dataclass(slots=True)
class Account:
    """One seller; `tokens` holds SHA-256 fingerprints, never the tokens."""

    id: str
    platform: Platform | None = None
    tokens: set[str] = field(default_factory=set)
    listings: ListingStore = field(default_factory=ListingStore)


def fingerprint(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def token_in(authorization: str | None) -> str:
    """Return the token of the header (Back Market, authentication).

    Raises TokenRefusedError if the scheme is not Basic or the token is empty.
    """
    scheme, _, token = (authorization or "").strip().partition(" ")
    if scheme.lower() != "basic" or not token.strip():
        raise TokenRefusedError
    return token.strip()


def looks_genuine(token: str) -> bool:
    """Check the format: base64 of `client:BMT-secret`."""
    try:
        text = base64.b64decode(token, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return False
    client, _, secret = text.partition(":")
    return bool(client) and secret.startswith("BMT-")


@dataclass(slots=True)
class Accounts:
    by_id: dict[str, Account] = field(default_factory=dict)
    by_token: dict[str, Account] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)

    def open(self, token: str, *, accept_unknown: bool) -> Account:
        key = fingerprint(token)
        if key in self.revoked:
            raise TokenRefusedError
        if account := self.by_token.get(key):
            return account
        if not (accept_unknown and looks_genuine(token)):
            raise TokenRefusedError
        account = self.register(None, None)
        self.allow(account, token)
        return account

    def register(self, account_id: str | None, platform: Platform | None) -> Account:
        """Create an account, or return the one with this id."""
        name = account_id or self._free_id()
        if account := self.by_id.get(name):
            account.platform = platform or account.platform
            return account
        account = self.by_id[name] = Account(name, platform)
        return account

    def _free_id(self) -> str:
        number = len(self.by_id) + 1
        while f"account-{number}" in self.by_id:
            number += 1
        return f"account-{number}"

    def allow(self, account: Account, token: str) -> None:
        key = fingerprint(token)
        account.tokens.add(key)
        self.by_token[key] = account
        self.revoked.discard(key)

    def revoke(self, token: str) -> None:
        key = fingerprint(token)
        self.revoked.add(key)
        if account := self.by_token.pop(key, None):
            account.tokens.discard(key)

    def find(self, reference: str) -> Account | None:
        """Find an account by its id or by one of its tokens."""
        return self.by_id.get(reference) or self.by_token.get(fingerprint(reference))
