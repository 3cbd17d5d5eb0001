"""What one turn of a drift check works with."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.account_client import AccountServices
from app.backmarket.client import Access
from app.drift.models import DriftCheck
from app.jobs.lease import Lease


@dataclass(frozen=True, slots=True)
class DriftRun:
    """One turn of the drift check of a store."""

    services: AccountServices
    lease: Lease
    store_id: UUID
    siblings: list[UUID]
    account_id: UUID
    token_digest: str
    access: Access
    overwrite: bool
    started_at: datetime
    read_at: datetime | None
    page: int

    @property
    def stores(self) -> list[UUID]:
        """All stores of the account: they share listings and stock."""
        return [self.store_id, *self.siblings]


async def start_reading(
    session: AsyncSession, state: DriftCheck, now: datetime
) -> None:
    """Begin a new check; the snapshot of the last one is deleted."""
    await session.execute(
        text("DELETE FROM listing_snapshot WHERE store_id = :id"),
        {"id": state.store_id},
    )
    state.page, state.listings = 1, 0
    state.started_at, state.read_at, state.evaluated_key = now, None, None
