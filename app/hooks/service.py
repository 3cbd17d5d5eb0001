"""Manages webhook secrets, verifies webhooks, and requests publications."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from pydantic import SecretStr, ValidationError
from sqlalchemy import delete, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.core.columns import utc_now
from app.core.errors import (
    ConflictError,
    FieldError,
    InvalidError,
    UnauthenticatedError,
)
from app.core.vault import Sealed, SecretUnreadableError, Vault
from app.database import Database, Transaction
from app.hooks.models import HookCall, HookSecret
from app.hooks.schemas import HookIn
from app.hooks.signature import (
    SignatureFault,
    SignedHeaders,
    fault_before_body,
    is_signed,
    new_secret,
)
from app.publications.scheduling import request_by_hook
from app.stores import service as stores

log = structlog.get_logger(__name__)

LONGEST_ID = 255
IDS_KEPT = timedelta(days=7)
"""Senders repeat a webhook for days; within that time its id must be known."""
SENTENCES = {
    SignatureFault.MISSING: "Send webhook-id, webhook-timestamp and webhook-signature.",
    SignatureFault.STALE: "webhook-timestamp is more than five minutes from our time.",
    SignatureFault.WRONG: "webhook-signature does not match this store and body.",
}


async def rotate(
    session: AsyncSession, vault: Vault, store_id: UUID, overlap: timedelta
) -> tuple[HookSecret, str]:
    """Create a secret; the replaced one stays valid for `overlap`.

    The caller locks the row of the store. Returns the row and the secret in plain text.
    """
    await session.execute(
        delete(HookSecret).where(
            col(HookSecret.store_id) == store_id,
            col(HookSecret.valid_until).is_not(None),
        )
    )
    now = utc_now()
    for current in await _all(session, store_id):
        current.valid_until = now + overlap
    await session.flush()
    secret = new_secret()
    row = HookSecret(store_id=store_id, cipher=b"", key_id="", created_at=now)
    sealed = vault.seal(SecretStr(secret), row.id)
    row.cipher, row.key_id = sealed.cipher, sealed.key_id
    session.add(row)
    await session.flush()
    return row, secret


async def known_secrets(
    session: AsyncSession, store_id: UUID
) -> tuple[HookSecret | None, HookSecret | None]:
    """The current secret, and the replaced one if it is still valid."""
    now = utc_now()
    current = previous = None
    for row in await _all(session, store_id):
        if row.valid_until is None:
            current = row
        elif row.valid_until > now:
            previous = row
    return current, previous


async def forget(session: AsyncSession, store_id: UUID) -> None:
    """Delete all secrets of the store."""
    await session.execute(
        delete(HookSecret).where(col(HookSecret.store_id) == store_id)
    )


async def _all(session: AsyncSession, store_id: UUID) -> Sequence[HookSecret]:
    found = await session.execute(
        select(HookSecret).where(HookSecret.store_id == store_id)
    )
    return found.scalars().all()


def check_headers(headers: SignedHeaders) -> None:
    """Check the headers before the body is read. Raises UnauthenticatedError."""
    fault = fault_before_body(headers, utc_now())
    if fault:
        raise _refusal(fault)


async def check_signature(
    database: Database,
    vault: Vault,
    store_id: UUID,
    headers: SignedHeaders,
    body: bytes,
) -> None:
    """Raises the same UnauthenticatedError for no store, no secret and a wrong one."""
    async with database.transaction() as tx:
        rows = [row for row in await known_secrets(tx.session, store_id) if row]
    secrets = [secret for row in rows if (secret := _opened(vault, row))]
    if not is_signed(body, headers, secrets):
        raise _refusal(SignatureFault.WRONG)


def _opened(vault: Vault, row: HookSecret) -> str | None:
    try:
        return vault.open(Sealed(row.cipher, row.key_id), row.id).get_secret_value()
    except SecretUnreadableError:
        log.warning("hooks.secret_unreadable", store_id=str(row.store_id))
        return None


def _refusal(fault: SignatureFault) -> UnauthenticatedError:
    return UnauthenticatedError(SENTENCES[fault], code=str(fault))


def read_body(body: bytes) -> HookIn:
    """Parse a signed body. Raises InvalidError."""
    if not body.strip():
        return HookIn(skus=[])
    try:
        return HookIn.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)[:50]
        fields = [
            FieldError(
                ".".join(map(str, each["loc"])) or "body",
                str(each["type"]),
                f"{each['msg']}.",
                'nothing, or {"skus": ["..."]} with at most 1,000 SKUs',
            )
            for each in found
        ]
        raise InvalidError(
            f"{fields[0].field}: {fields[0].message}", errors=fields
        ) from None


async def take(
    tx: Transaction, store_id: UUID, webhook_id: str, body: bytes, debounce: timedelta
) -> UUID:
    """Request a run for a webhook; a repeated webhook returns its first run.

    Raises InvalidError for an invalid body, ConflictError if the id was used with
    another body, or if the store does not publish.
    """
    if len(webhook_id) > LONGEST_ID:
        message = f"webhook-id has more than {LONGEST_ID} characters."
        raise InvalidError(
            message,
            errors=[
                FieldError(
                    "webhook-id", "too_long", message, f"{LONGEST_ID} characters"
                )
            ],
        )
    digest = hashlib.sha256(body).digest()
    if not await _is_new(tx.session, store_id, webhook_id, digest):
        return await _answer_again(tx.session, store_id, webhook_id, digest)
    said = read_body(body)
    store = await stores.require(tx.session, store_id)
    publication = await request_by_hook(tx, store, said.skus, debounce)
    await tx.session.execute(
        text(
            "UPDATE hook_call SET publication_id = :publication "
            "WHERE store_id = :store AND webhook_id = :id"
        ),
        {"publication": publication.id, "store": store_id, "id": webhook_id},
    )
    return publication.id


async def _is_new(
    session: AsyncSession, store_id: UUID, webhook_id: str, digest: bytes
) -> bool:
    """Insert the webhook id; a concurrent repeat waits for the first one."""
    call = HookCall(store_id=store_id, webhook_id=webhook_id, body_sha256=digest)
    inserted = await session.scalar(
        insert(HookCall)
        .values(**call.model_dump())
        .on_conflict_do_nothing()
        .returning(col(HookCall.webhook_id))
    )
    return inserted is not None


async def _answer_again(
    session: AsyncSession, store_id: UUID, webhook_id: str, digest: bytes
) -> UUID:
    first = await session.get_one(HookCall, (store_id, webhook_id))
    if first.body_sha256 != digest:
        raise ConflictError(
            "This webhook-id was used with another body: a new message needs a new id.",
            code="webhook_id_reused",
        )
    assert first.publication_id is not None  # noqa: S101 - written with the row
    return first.publication_id


async def delete_expired(session: AsyncSession) -> None:
    """Delete webhook ids after a week and secrets that are no longer valid."""
    await session.execute(
        text("DELETE FROM hook_call WHERE received_at < now() - :keep"),
        {"keep": IDS_KEPT},
    )
    await session.execute(text("DELETE FROM hook_secret WHERE valid_until < now()"))
