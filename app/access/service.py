"""Issues, authenticates and revokes API keys; decides what a caller may do."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access import keys
from app.access.models import ApiKey
from app.core.columns import utc_now
from app.core.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from app.core.vault import Vault


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller: scope and stores (None = every store)."""

    key_id: UUID | None
    scope: str
    store_ids: frozenset[UUID] | None

    @property
    def is_admin(self) -> bool:
        return self.scope == "admin"

    @property
    def may_write(self) -> bool:
        return self.scope in {"write", "admin"}

    def sees(self, store_id: UUID) -> bool:
        return self.store_ids is None or store_id in self.store_ids

    def require_store(self, store_id: UUID) -> None:
        """Raise NotFoundError for another store; does not reveal whether it exists."""
        if not self.sees(store_id):
            raise NotFoundError("Store not found.")

    def require_write(self) -> None:
        if not self.may_write:
            raise ForbiddenError(
                "This key is read-only.", code="read_only", accepted="write or admin"
            )

    def require_admin(self) -> None:
        if not self.is_admin:
            raise ForbiddenError(
                "This needs an admin key.", code="admin_only", accepted="admin"
            )


ADMIN = Caller(None, "admin", None)
ADMIN_NAME = "admin key"
"""What records of who decided show for the operator's own key."""


async def identify(
    session: AsyncSession, vault: Vault, admin_key: SecretStr | None, bearer: str
) -> Caller:
    """The caller with this key. Raises UnauthenticatedError."""
    if admin_key and hmac.compare_digest(
        bearer.encode(), admin_key.get_secret_value().encode()
    ):
        return ADMIN
    row = None
    if keys.has_valid_checksum(bearer):
        row = await _by_digest(session, vault.digests(bearer))
    if row is None or not _is_valid(row):
        raise refused("bearer key")
    await session.execute(
        text(
            "UPDATE api_key SET last_used_at = now() WHERE id = :id AND "
            "(last_used_at IS NULL OR last_used_at < now() - interval '1 minute')"
        ),
        {"id": row.id},
    )
    return _caller(row)


async def caller_of(session: AsyncSession, key_id: UUID | None) -> Caller:
    """The caller with the key of this id; None: the admin key.

    Raises UnauthenticatedError if it was revoked or has expired.
    """
    if key_id is None:
        return ADMIN
    row = await session.get(ApiKey, key_id)
    if row is None or not _is_valid(row):
        raise refused("bearer key")
    return _caller(row)


def refused(what: str) -> UnauthenticatedError:
    """The answer to a key or token that is not valid, for whatever reason."""
    return UnauthenticatedError(
        f"The {what} is not valid.",
        code="unauthenticated",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


def _is_valid(row: ApiKey) -> bool:
    expired = row.expires_at and row.expires_at <= utc_now()
    return not (row.revoked_at or expired)


def _caller(row: ApiKey) -> Caller:
    stores = frozenset(row.store_ids) if row.store_ids is not None else None
    return Caller(row.id, row.scope, stores)


async def _by_digest(session: AsyncSession, digests: Sequence[str]) -> ApiKey | None:
    found = await session.execute(select(ApiKey).where(col(ApiKey.digest).in_(digests)))
    return found.scalars().first()


async def issue(  # noqa: PLR0913 - the fields of a key
    session: AsyncSession,
    vault: Vault,
    *,
    name: str,
    scope: str,
    store_ids: Sequence[UUID] | None,
    expires_at: datetime | None,
) -> tuple[ApiKey, str]:
    """Create a key; the second value is the key itself, which is not stored."""
    key = keys.new_key()
    row = ApiKey(
        name=name,
        digest=vault.digest(key),
        hint=keys.hint(key),
        scope=scope,
        store_ids=list(store_ids) if store_ids is not None else None,
        expires_at=expires_at,
    )
    session.add(row)
    await session.flush()
    return row, key


async def list_keys(
    session: AsyncSession, after: UUID | None, limit: int
) -> Sequence[ApiKey]:
    query = select(ApiKey).order_by(col(ApiKey.id)).limit(limit + 1)
    if after:
        query = query.where(col(ApiKey.id) > after)
    return (await session.execute(query)).scalars().all()


async def key_name(session: AsyncSession, key_id: UUID) -> str | None:
    """The name of a key, also of one that was revoked."""
    key = await session.get(ApiKey, key_id)
    return key.name if key else None


async def key_of(session: AsyncSession, caller: Caller) -> ApiKey | None:
    """The caller's key, None for the operator's own one."""
    return await session.get(ApiKey, caller.key_id) if caller.key_id else None


async def name_of(session: AsyncSession, caller: Caller) -> str:
    """The name of the caller's key, for records of who did something."""
    name = await key_name(session, caller.key_id) if caller.key_id else None
    return name or ADMIN_NAME


async def revoke(session: AsyncSession, key_id: UUID) -> bool:
    """Revoke a key with immediate effect; False if it was. Raises NotFoundError."""
    row = await session.get(ApiKey, key_id)
    if row is None:
        raise NotFoundError("API key not found.")
    is_new = row.revoked_at is None
    row.revoked_at = row.revoked_at or utc_now()
    return is_new
