"""What a run works with: the open doors, its store and account, and its lease."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from app.accounts import service as accounts
from app.accounts.service import Limits
from app.accounts.sharing import SharedQuantity
from app.backmarket.client import Access, BackMarket
from app.backmarket.markets import Market
from app.database import Database
from app.jobs.lease import Lease
from app.publications.words import Kind, State
from app.settings import Settings
from app.storage import Storage
from app.vault import Vault

LONGEST_TURN = timedelta(seconds=5)
"""How long a call may wait for its turn inside a job; a longer rest is a snooze."""


@dataclass(frozen=True, slots=True)
class Tools:
    """The doors of a worker that publications need."""

    settings: Settings
    database: Database
    back_market: BackMarket
    vault: Vault
    storage: Storage


class AccountRestsError(Exception):
    """The seller account is paused; come back after `pause`."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__("the seller account rests")
        self.pause = pause


@dataclass(frozen=True, slots=True)
class Run:
    """One publication in the hands of one worker."""

    tools: Tools
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
    state: State
    kind: Kind
    publishes_products: bool
    express: bool
    trigger: str
    started_at: datetime | None

    @property
    def stores(self) -> list[UUID]:
        """All stores of the account, in the order in which they are locked."""
        return sorted([self.store_id, *self.siblings])

    def for_store(self, store_id: UUID, market: Market) -> "Run":
        """The same run as it looks after a call of another store of the account."""
        return replace(
            self,
            store_id=store_id,
            siblings=[each for each in self.stores if each != store_id],
            market=market,
            access=replace(self.access, market=market),
        )


async def wait_for_turn(
    tools: Tools, lease: Lease, account_id: UUID, rate: int
) -> None:
    """Hold back until this account may make a request and the lease still stands.

    Raises LeaseLostError, AccountRestsError.
    """
    async with tools.database.transaction() as tx:
        wait = await accounts.take_turn(tx.session, account_id, rate, LONGEST_TURN)
    if wait > LONGEST_TURN:
        raise AccountRestsError(wait)
    if wait:
        await asyncio.sleep(wait.total_seconds())
    lease.check()
