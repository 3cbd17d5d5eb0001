"""The job table: the source of truth about due, running and ended jobs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from app.core.columns import id_field, time_field


class JobRow(SQLModel, table=True):
    """One job. At most one job with the same `exclusive` name runs.

    While a job runs, one more may be queued for its subject, so that a request during
    the run is not missed.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "ux_job_queued_subject",
            "kind",
            "subject_id",
            unique=True,
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ux_job_running_exclusive",
            "exclusive",
            unique=True,
            postgresql_where=text("state = 'running'"),
        ),
        Index(
            "ix_job_turn",
            "tenant_id",
            "run_after",
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_job_suspect",
            "run_after",
            postgresql_where=text("state = 'queued' AND crashes > 0"),
        ),
        Index(
            "ix_job_lease", "lease_until", postgresql_where=text("state = 'running'")
        ),
        Index("ix_job_subject", "subject_id"),
    )

    id: UUID = id_field()
    kind: str
    subject_id: UUID
    tenant_id: UUID
    """The seller account that it is for, or the store while that has none."""
    exclusive: str | None = None
    state: str = "queued"
    attempt: int = 0
    crashes: int = 0
    run_after: datetime = time_field(default_now=True)
    lease_until: datetime | None = time_field()
    lease_token: UUID | None = None
    last_error: str | None = Field(default=None, max_length=500)
    traceparent: str | None = Field(default=None, max_length=55)
    """The span in which it was created (W3C Trace Context), if one is recorded."""
    created_at: datetime = time_field(default_now=True)
    done_at: datetime | None = time_field()
