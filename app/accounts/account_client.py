"""What jobs work with, and how they call Back Market in a seller account's name."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.accounts import service as accounts
from app.accounts.models import SellerAccount
from app.backmarket.client import Access, BackMarket
from app.backmarket.errors import BackMarketError, TokenRefusedError
from app.backmarket.markets import MARKETS, Environment, Platform
from app.core.file_storage import Storage
from app.core.vault import Vault
from app.database import Database
from app.jobs.lease import Lease
from app.settings import Settings

LONGEST_TURN = timedelta(seconds=5)
"""How long a call may wait for its turn inside a job; a longer rest is a snooze."""
REFUSED = frozenset({"refused", "forbidden"})


@dataclass(frozen=True, slots=True)
class Tools:
    """The doors of a worker that need to be open for it."""

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


def open_access(tools: Tools, lease: Lease, account: SellerAccount) -> Access:
    """The account's way to Back Market, paced and fenced by the lease.

    Its market is any of the platform: orders of all countries come through each, and
    only the offset of times depends on it. Raises SecretUnreadableError.
    """
    account_id = account.id
    rate = accounts.limits_of(account, tools.settings).requests_per_10s
    platform = Platform(account.platform)

    async def before_request(_method: str, _path: str) -> None:
        await wait_for_turn(tools, lease, account_id, rate)

    return Access(
        platform=platform,
        environment=Environment(account.environment),
        token=accounts.open_token(tools.vault, account),
        market=next(m for m in MARKETS.values() if m.platform is platform),
        before_request=before_request,
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


async def note_refused_token(
    tools: Tools, account_id: UUID, token_digest: str, error: BackMarketError
) -> bool:
    """Turn the connection light red for every store of the account.

    False: the token was renewed while this job used the old one.
    """
    health = "refused" if isinstance(error, TokenRefusedError) else "forbidden"
    async with tools.database.transaction() as tx:
        if not await accounts.still_uses(tx.session, account_id, token_digest):
            return False
        await accounts.note_connection(tx.session, account_id, health, error.message)
    return True
