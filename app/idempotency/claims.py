"""Claims keys, records answers with the effect, and finds recorded ones."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import ConflictError
from app.core.statements import load_statements
from app.core.vault import Sealed, SecretUnreadableError, Vault
from app.idempotency.answers import MAX_ANSWER, Answer, decode, encode
from app.idempotency.fingerprint import Fingerprint
from app.idempotency.keys import field_problem

LEASE = timedelta(seconds=5)
"""How long the key of a process that died stays claimed."""
ADMIN_ID = UUID(int=0)

_SQL = load_statements("app.idempotency", "claims.sql")


@dataclass(frozen=True, slots=True)
class Claim:
    """The right of one execution to record the answer for a key."""

    api_key_id: UUID
    digest: bytes
    id: UUID

    @property
    def names(self) -> dict[str, Any]:
        return {"api_key": self.api_key_id, "digest": self.digest, "claim": self.id}


@dataclass(frozen=True, slots=True)
class Held:
    """A recorded answer and the fingerprint of its request."""

    claim_id: UUID
    status: int
    fingerprint: bytes
    size: int
    sealed: Sealed | None


async def claim(
    session: AsyncSession, api_key_id: UUID | None, digest: bytes, keep: timedelta
) -> Claim | Held:
    """Claim a key, or find its answer. Raises ConflictError while a twin runs."""
    wanted = Claim(api_key_id or ADMIN_ID, digest, uuid4())
    times = {"lease": LEASE, "keep": keep}
    if await session.scalar(_SQL["claim"], wanted.names | times):
        return wanted
    row = (await session.execute(_SQL["held"], wanted.names)).one_or_none()
    if row is None or row.status is None:
        raise in_use(row.lease_left if row else 1)
    sealed = Sealed(row.cipher, row.cipher_key) if row.cipher is not None else None
    return Held(row.claim_id, row.status, row.fingerprint, row.size_bytes, sealed)


async def renew(session: AsyncSession, claimed: Claim) -> None:
    await session.execute(_SQL["renew"], {**claimed.names, "lease": LEASE})


async def record(  # noqa: PLR0913, PLR0917 - what a row has
    session: AsyncSession,
    vault: Vault,
    claimed: Claim,
    fingerprint: Fingerprint,
    answer: Answer,
    keep: timedelta,
) -> None:
    """Record the answer in the transaction of the effect.

    Raises ConflictError if another execution has claimed the key since.
    """
    sealed = _seal(vault, claimed, answer)
    values = {
        "status": answer.status,
        "fingerprint": fingerprint.digest(),
        "size": fingerprint.size,
        "cipher": sealed.cipher if sealed else None,
        "cipher_key": sealed.key_id if sealed else None,
        "keep": keep,
    }
    if not await session.scalar(_SQL["record"], claimed.names | values):
        raise in_use(1)


def _seal(vault: Vault, claimed: Claim, answer: Answer) -> Sealed | None:
    if len(answer.body) > MAX_ANSWER:
        return None
    return vault.seal(SecretStr(encode(answer)), claimed.id)


async def release(session: AsyncSession, claimed: Claim) -> None:
    await session.execute(_SQL["release"], claimed.names)


async def delete_expired(session: AsyncSession) -> None:
    """Delete keys whose time is over."""
    await session.execute(_SQL["delete_expired"])


def open_answer(vault: Vault, held: Held) -> Answer:
    """The recorded answer. Raises ConflictError if it was not kept."""
    if held.sealed is None:
        raise _lost(f"it is larger than {MAX_ANSWER} bytes")
    try:
        encoded = vault.open(held.sealed, held.claim_id).get_secret_value()
    except SecretUnreadableError as error:
        raise _lost("REFEED_SECRET_KEY has changed") from error
    return decode(held.status, encoded)


def in_use(seconds: int) -> ConflictError:
    """A request with the same key runs, for at least so long if its process died."""
    message = "A request with this key is running."
    code = "idempotency_key_in_use"
    return ConflictError(
        message,
        code=code,
        errors=[field_problem(code, message, "the same request after Retry-After")],
        headers={"Retry-After": str(min(max(seconds, 1), LEASE.seconds))},
    )


def _lost(reason: str) -> ConflictError:
    message = f"The request was executed; its response was not kept: {reason}."
    code = "idempotent_response_lost"
    return ConflictError(
        message, code=code, errors=[field_problem(code, message, "read its effect")]
    )
