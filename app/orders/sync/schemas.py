"""API shape of an order sync."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, Field

from app.orders.models import OrderSync


class SyncOut(BaseModel):
    """State and progress of the order sync of an account."""

    seller_account_id: UUID
    state: Literal["requested", "running", "waiting", "done", "failed"]
    code: str | None
    message: str | None
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    high_water: datetime | None = Field(
        description="every change before this has been read; each sync "
        "starts some minutes before it"
    )
    read: int = Field(description="orders read by the current or last sync")
    changed: int = Field(description="those that were new or newer")


def sync_out(sync: OrderSync) -> SyncOut:
    return SyncOut.model_validate(
        {
            "seller_account_id": sync.account_id,
            "code": sync.reason_code,
            "message": sync.reason,
            **sync.model_dump(
                include=SyncOut.model_fields.keys()
                - {"seller_account_id", "code", "message"}
            ),
        }
    )
