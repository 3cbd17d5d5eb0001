"""The context of a run: tools, store, account and lease."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts.account_client import AccountServices
from app.accounts.service import Limits
from app.accounts.shared_stock import SharedQuantity
from app.backmarket.client import Access
from app.backmarket.markets import Market
from app.database import Transaction
from app.jobs.lease import Lease
from app.publications.enums import PublicationKind, PublicationState, Trigger


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """What a job needs to learn and record the results of a store's submissions."""

    tools: AccountServices
    lease: Lease
    store_id: UUID
    account_id: UUID
    siblings: Sequence[UUID]
    market: Market
    access: Access

    @property
    def active_run(self) -> UUID | None:
        """The publication that the job runs, if it runs one."""
        return None

    @property
    def stores(self) -> list[UUID]:
        """All stores of the account, in the order in which they are locked."""
        return sorted([self.store_id, *self.siblings])

    async def fence(self, session: AsyncSession) -> None:
        """The transaction commits only while the job may act. Raises LeaseLostError."""
        await self.lease.ensure_held(session)

    async def settled(self, tx: Transaction, publication_id: UUID, seq: int) -> None:
        """In the transaction that settles a submission; a run plans afterwards."""

    def for_store(self, store_id: UUID, market: Market) -> Self:
        """The same access for a submission of another store of the account."""
        return replace(
            self,
            store_id=store_id,
            siblings=[each for each in self.stores if each != store_id],
            market=market,
            access=replace(self.access, market=market),
        )


@dataclass(frozen=True, slots=True)
class Run(StoreAccess):
    """One publication that a worker runs."""

    publication_id: UUID
    shared_quantity: SharedQuantity
    limits: Limits
    token_digest: str
    state: PublicationState
    kind: PublicationKind
    publishes_products: bool
    priority: bool
    trigger: str
    started_at: datetime | None

    @property
    def active_run(self) -> UUID | None:
        return self.publication_id

    @property
    def leaving(self) -> bool:
        """Whether the store leaves its country: the run sets its listings to 0."""
        return self.trigger == Trigger.DEPARTURE
