"""Tables of publications, changes, submissions, plans and holds."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, String, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

from app.core.columns import (
    KEY,
    UTC_TIME,
    id_field,
    json_field,
    progress_field,
    time_field,
)

LIVE = "state IN ('planning', 'sending', 'waiting')"


class Publication(SQLModel, table=True):
    """One run of one store and kind: plan, submissions, outcomes, report.

    A `priority` run overtakes the active run of the account and sends decreased stock
    only.
    """

    __tablename__ = "publication"
    __table_args__ = (
        Index("ix_publication_store", "store_id", "id"),
        Index(
            "ux_publication_requested",
            "store_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
        Index(
            "ux_publication_live",
            "account_id",
            unique=True,
            postgresql_where=text(f"{LIVE} AND NOT priority"),
        ),
        Index(
            "ux_publication_priority",
            "account_id",
            unique=True,
            postgresql_where=text(f"{LIVE} AND priority"),
        ),
    )

    id: UUID = id_field()
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE")
    account_id: UUID = Field(foreign_key="seller_account.id")
    kind: str = "offers"
    trigger: str = "api"
    state: str = "requested"
    reason_code: str | None = None
    reason: str | None = None
    plan_hash: str | None = None
    totals: dict[str, Any] = json_field(default=dict)
    failures: int = 0
    priority: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    not_before: datetime | None = time_field()
    follow_up_id: UUID | None = None
    hook: dict[str, Any] | None = Field(default=None, sa_type=JSONB(none_as_null=True))
    plan_id: UUID | None = None
    plan_only: bool = Field(
        default=False, sa_column_kwargs={"server_default": text("false")}
    )
    progress: int = progress_field()
    requested_at: datetime = time_field(default_now=True)
    started_at: datetime | None = time_field()
    planned_at: datetime | None = time_field()
    finished_at: datetime | None = time_field()


class Change(SQLModel, table=True):
    """One change of a plan: SKU, reason, fields before -> after, and its outcome."""

    __tablename__ = "change"
    __table_args__ = (
        Index("ix_change_outcome", "publication_id", "outcome", "seq"),
        Index("ix_change_reason", "publication_id", "reason", "seq"),
        Index("ix_change_submission", "publication_id", "submission", "seq"),
    )

    publication_id: UUID = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    sku_key: str = Field(sa_type=KEY)
    sku: str
    reason: str
    lane: int = Field(sa_type=SmallInteger)
    method: str | None = None
    submission: int | None = None
    before: dict[str, Any] = json_field(default=dict)
    after: dict[str, Any] = json_field(default=dict)
    fingerprint: int | None = Field(default=None, sa_type=BigInteger)
    outcome: str = "planned"
    code: str | None = None
    message: str | None = None
    warnings: list[str] | None = Field(default=None, sa_type=ARRAY(String))
    settled_at: datetime | None = time_field()
    confirmed_at: datetime | None = time_field()
    """When a readback showed the accepted values."""


class SubmittedProduct(SQLModel, table=True):
    """The product description that Back Market accepted for an offer.

    No foreign key, as for offers: the service that deletes a store deletes it.
    """

    __tablename__ = "submitted_product"

    store_id: UUID = Field(primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    product: dict[str, Any] = json_field(default=dict)
    submitted_at: datetime = time_field(default_now=True)


class Plan(SQLModel, table=True):
    """A preview: what a publication would send. Its changes are in `change`."""

    __tablename__ = "plan"
    __table_args__ = (
        Index("ix_plan_store", "store_id", "id"),
        Index("ix_plan_requested", "requested_at"),
    )

    id: UUID = id_field()
    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE")
    kind: str = "offers"
    state: str = "requested"
    reason_code: str | None = None
    content_hash: str | None = None
    totals: dict[str, Any] = json_field(default=dict)
    forecast: dict[str, Any] | None = Field(
        default=None, sa_type=JSONB(none_as_null=True)
    )
    versions: dict[str, Any] = json_field(default=dict)
    requested_at: datetime = time_field(default_now=True)
    started_at: datetime | None = time_field()
    """Requests before it share the plan."""
    ready_at: datetime | None = time_field()


class Hold(SQLModel, table=True):
    """A change that the brake held: it leaves when that exact content is approved.

    `kind` is `zero` or `price`; `content` is the quantity or the price that was held,
    `before` what was online then.
    """

    __tablename__ = "hold"

    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    kind: str = Field(primary_key=True)
    sku: str
    content: str
    before: str | None = None
    code: str
    state: str = "pending"
    publication_id: UUID
    held_at: datetime = time_field(default_now=True)
    decided_at: datetime | None = time_field()
    decided_by: str | None = None
    expires_at: datetime = time_field(default_now=True)


class HoldDecision(SQLModel, table=True):
    """A decision on a held change: who and when. It stays when the hold is gone."""

    __tablename__ = "hold_decision"
    __table_args__ = (Index("ix_hold_decision_publication", "publication_id"),)

    store_id: UUID = Field(foreign_key="store.id", ondelete="CASCADE", primary_key=True)
    sku_key: str = Field(primary_key=True, sa_type=KEY)
    decided_at: datetime = Field(sa_type=UTC_TIME, primary_key=True)
    kind: str = Field(primary_key=True)
    publication_id: UUID
    code: str
    decision: str
    decided_by: str
    before: str | None = None
    content: str


class Submission(SQLModel, table=True):
    """One request with changes: stored before it is sent, settled after its results."""

    __tablename__ = "submission"
    __table_args__ = (
        Index(
            "ix_submission_open",
            "account_id",
            postgresql_where=text("state <> 'settled'"),
        ),
    )

    publication_id: UUID = Field(
        foreign_key="publication.id", ondelete="CASCADE", primary_key=True
    )
    seq: int = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="seller_account.id", ondelete="CASCADE")
    method: str
    action: str
    state: str = "pending"
    lines: int = 0
    task_id: int | None = Field(default=None, sa_type=BigInteger)
    polls: int = 0
    attempts: int = 0
    reason_code: str | None = None
    sent_at: datetime | None = time_field()
    poll_at: datetime | None = time_field()
    settled_at: datetime | None = time_field()
