"""The session of a person: an API key sealed in a cookie; the server stores nothing."""

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from fastapi import Request, Response
from pydantic import SecretStr

from app.console.core.errors import SignedOutError
from app.core.vault import Sealed, SecretUnreadableError, Vault

COOKIE = "refeed_console"
PATH = "/console"
LIFE_TIME = timedelta(hours=12)
OWNER = UUID("5f0c1d1e-6b0e-4c56-9d7e-636f6e736f6c")
"""What a session is sealed for: no other secret of the vault opens as one."""


@dataclass(frozen=True, slots=True)
class Session:
    """Who is signed in, and until when."""

    key: SecretStr = field(repr=False)
    name: str
    scope: str
    expires_at: datetime
    id: str = field(default_factory=lambda: secrets.token_urlsafe(18), repr=False)

    @property
    def may_write(self) -> bool:
        return self.scope in {"write", "admin"}

    @property
    def is_admin(self) -> bool:
        return self.scope == "admin"


def new_session(key: SecretStr, name: str, scope: str) -> Session:
    return Session(key, name, scope, datetime.now(UTC) + LIFE_TIME)


def seal(vault: Vault, session: Session) -> str:
    """The value of the cookie."""
    content = {
        "key": session.key.get_secret_value(),
        "name": session.name,
        "scope": session.scope,
        "expires_at": session.expires_at.isoformat(),
        "id": session.id,
    }
    sealed = vault.seal(SecretStr(json.dumps(content)), OWNER)
    return f"{base64.urlsafe_b64encode(sealed.cipher).decode()}.{sealed.key_id}"


def unseal(vault: Vault, cookie: str, now: datetime) -> Session:
    """The session in a cookie. Raises SignedOutError."""
    cipher, _, key_id = cookie.partition(".")
    try:
        sealed = Sealed(base64.urlsafe_b64decode(cipher), key_id)
        content = json.loads(vault.open(sealed, OWNER).get_secret_value())
    except (SecretUnreadableError, binascii.Error, ValueError) as error:
        raise SignedOutError("expired") from error
    session = Session(
        SecretStr(content["key"]),
        content["name"],
        content["scope"],
        datetime.fromisoformat(content["expires_at"]),
        content["id"],
    )
    if session.expires_at <= now:
        raise SignedOutError("expired")
    return session


def session_of(request: Request) -> Session:
    """The session of a request. Raises SignedOutError."""
    cookie = request.cookies.get(COOKIE)
    if cookie is None:
        raise SignedOutError("none")
    return unseal(request.state.vault, cookie, datetime.now(UTC))


def set_cookie(
    response: Response, vault: Vault, session: Session, *, tls: bool
) -> None:
    response.set_cookie(
        COOKIE,
        seal(vault, session),
        max_age=int(LIFE_TIME.total_seconds()),
        path=PATH,
        secure=tls,
        httponly=True,
        samesite="strict",
    )


def delete_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="strict")


def csrf_token(vault: Vault, session: Session) -> str:
    """What each form of the session has: another site cannot compute it."""
    return vault.digest(_purpose(session))


def is_csrf_token(vault: Vault, session: Session, given: str) -> bool:
    known = vault.digests(_purpose(session))
    return any(hmac.compare_digest(token, given) for token in known)


def _purpose(session: Session) -> str:
    return f"console form of session {session.id}"
