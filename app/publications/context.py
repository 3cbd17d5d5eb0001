"""The context of a run: tools, store, account and lease."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.accounts.account_client import AccountServices
from app.accounts.service import Limits
from app.accounts.shared_stock import SharedQuantity
from app.backmarket.client import Access
from app.backmarket.markets import Market
from app.jobs.lease import Lease
from app.publications.enums import PublicationKind, PublicationState, Trigger


@dataclass(frozen=True, slots=True)
class Run:
    """One publication that a worker runs."""

    tools: AccountServices
    lease: Lease
    publication_id: UUID
    store_id: UUID
    account_id: UUID
    siblings: Sequence[UUID]
    market: Market
    shared_quantity: SharedQuantity
    limits: Limits
    access: Access
    token_digest: str
    state: PublicationState
    kind: PublicationKind
    publishes_products: bool
    priority: bool
    trigger: str
    started_at: datetime | None

    @property
    def leaving(self) -> bool:
        """Whether the store leaves its country: the run sets its listings to 0."""
        return self.trigger == Trigger.DEPARTURE

    @property
    def stores(self) -> list[UUID]:
        """All stores of the account, in the order in which they are locked."""
        return sorted([self.store_id, *self.siblings])

    def for_store(self, store_id: UUID, market: Market) -> "Run":
        """The same run for a submission of another store of the account."""
        return replace(
            self,
            store_id=store_id,
            siblings=[each for each in self.stores if each != store_id],
            market=market,
            access=replace(self.access, market=market),
        )
