"""The `idempotency_key` table: who executes a request, and the answer it got."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from app.core.columns import time_field


class IdempotencyKey(SQLModel, table=True):
    """A key of one API key for one path. `status` is null while the request runs.

    `digest`: of the path and the key. `claim_id`: the execution that may record its
    answer. `fingerprint`, `size_bytes`: of the query and the body.
    """

    __tablename__ = "idempotency_key"
    __table_args__ = (Index("ix_idempotency_key_expires", "expires_at"),)

    api_key_id: UUID = Field(primary_key=True)
    """All zeros: the operator's admin key."""
    digest: bytes = Field(primary_key=True)
    claim_id: UUID
    lease_until: datetime = time_field(default_now=True)
    expires_at: datetime = time_field(default_now=True)
    status: int | None = None
    fingerprint: bytes | None = None
    size_bytes: int | None = Field(default=None, sa_type=BigInteger)
    cipher: bytes | None = None
    """Headers and body of the answer, encrypted; null: too large to be stored."""
    cipher_key: str | None = None
