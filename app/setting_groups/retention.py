"""Settings of retention: how long data are kept."""

from datetime import timedelta

from pydantic import BaseModel, Field

from app.setting_groups.types import Span


class RetentionSettings(BaseModel):
    """How long data are kept, and how many files."""

    keep_catalogs: int = Field(
        10, ge=1, description="files of so many newest catalogs are kept per store"
    )
    keep_reports: Span = Field(
        timedelta(days=31), description="how long finished publications are kept"
    )
    keep_service_cases: Span = Field(
        timedelta(days=365), description="how long closed service cases are kept"
    )
    keep_events: Span = Field(
        timedelta(days=30), description="how long events can be sent again"
    )
    keep_buyers: Span | None = Field(
        None,
        description="erases buyers' data of orders unchanged for so long; none: kept",
    )
    keep_idempotency_keys: Span = Field(
        timedelta(hours=24), description="how long answers to a repeated POST are kept"
    )
