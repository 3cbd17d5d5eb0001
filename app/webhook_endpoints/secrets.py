"""The secrets of endpoints: made, replaced with an overlap, and opened to sign."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, or_, select

from app.core.columns import utc_now
from app.core.vault import Sealed, Vault
from app.hooks.signature import new_secret
from app.webhook_endpoints.models import WebhookEndpointSecret as Secret

MOST = 5
"""Secrets of an endpoint that sign at the same time; the oldest expires first."""


async def create(
    session: AsyncSession, vault: Vault, endpoint_id: UUID, overlap: timedelta
) -> tuple[datetime, str]:
    """A new secret; the replaced one also signs, for `overlap`.

    The caller holds the row of the endpoint. Returns until when the replaced one signs,
    and the new one.
    """
    now = utc_now()
    until = now + overlap
    known = await _rows(session, endpoint_id)
    for row in known:
        row.valid_until = min(row.valid_until or until, until)
    for row in known[MOST - 1 :]:
        await session.delete(row)
    await session.flush()
    secret = new_secret()
    row = Secret(endpoint_id=endpoint_id, cipher=b"", key_id="", created_at=now)
    sealed = vault.seal(SecretStr(secret), row.id)
    row.cipher, row.key_id = sealed.cipher, sealed.key_id
    session.add(row)
    await session.flush()
    return until, secret


async def valid(
    session: AsyncSession, vault: Vault, endpoint_id: UUID
) -> Sequence[str]:
    """The secrets that sign now, newest first. Raises SecretUnreadableError."""
    return [
        vault.open(Sealed(row.cipher, row.key_id), row.id).get_secret_value()
        for row in await _rows(session, endpoint_id)
    ]


async def _rows(session: AsyncSession, endpoint_id: UUID) -> Sequence[Secret]:
    """Those that have not expired, newest first."""
    until = col(Secret.valid_until)
    found = await session.execute(
        select(Secret)
        .where(
            col(Secret.endpoint_id) == endpoint_id,
            or_(until.is_(None), until > utc_now()),
        )
        .order_by(col(Secret.created_at).desc())
    )
    return found.scalars().all()


async def delete_expired(session: AsyncSession) -> None:
    """Delete secrets that sign nothing any longer."""
    await session.execute(
        text("DELETE FROM webhook_endpoint_secret WHERE valid_until < now()")
    )
