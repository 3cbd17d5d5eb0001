"""Opens paced, fenced access to Back Market for the jobs of a seller account."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from app.accounts import pacing, tokens
from app.accounts import service as accounts
from app.accounts.connection_health import record_connection
from app.accounts.models import SellerAccount
from app.backmarket.client import Access, BackMarket
from app.backmarket.errors import BackMarketError, TokenRefusedError
from app.backmarket.markets import MARKETS, Environment, Platform
from app.core.file_storage import Storage
from app.core.vault import Vault
from app.database import Database
from app.jobs.lease import Lease
from app.settings import Settings

LONGEST_WAIT = timedelta(seconds=5)
"""How long a request may wait for the rate limit inside a job; else it snoozes."""


@dataclass(frozen=True, slots=True)
class AccountServices:
    """What jobs of seller accounts use: settings, database, client, vault, files."""

    settings: Settings
    database: Database
    back_market: BackMarket
    vault: Vault
    storage: Storage


class AccountPausedError(Exception):
    """The seller account is paused; try again after `pause`."""

    def __init__(self, pause: timedelta) -> None:
        super().__init__("the seller account is paused")
        self.pause = pause


class TokenReplacedError(AccountPausedError):
    """The job was loaded with an earlier token: load it again and continue."""

    def __init__(self) -> None:
        super().__init__(timedelta(0))


def open_access(tools: AccountServices, lease: Lease, account: SellerAccount) -> Access:
    """Access with the account's token; each request is paced and checks the lease.

    The market is any of the platform: each one returns orders of all countries; only
    the UTC offset depends on it. Raises SecretUnreadableError.
    """
    account_id, digest = account.id, account.token_digest
    rate = accounts.limits_of(account, tools.settings).requests_per_10s
    platform = Platform(account.platform)

    async def before_request(_method: str, _path: str) -> None:
        await wait_for_request(tools, lease, account_id, digest, rate)

    return Access(
        platform=platform,
        environment=Environment(account.environment),
        token=tokens.open_token(tools.vault, account),
        market=next(m for m in MARKETS.values() if m.platform is platform),
        before_request=before_request,
    )


async def wait_for_request(
    tools: AccountServices,
    lease: Lease,
    account_id: UUID,
    token_digest: str,
    rate: int,
) -> None:
    """Wait until the rate limit of the account allows a request with this token.

    Raises LeaseLostError, AccountPausedError, TokenReplacedError.
    """
    async with tools.database.transaction() as tx:
        if not await tokens.still_uses(tx.session, account_id, token_digest):
            raise TokenReplacedError
        wait = await pacing.reserve_request(tx.session, account_id, rate, LONGEST_WAIT)
    if wait > LONGEST_WAIT:
        raise AccountPausedError(wait)
    if wait:
        await asyncio.sleep(wait.total_seconds())
    lease.check()


async def record_refused_token(
    tools: AccountServices, account_id: UUID, token_digest: str, error: BackMarketError
) -> bool:
    """Record that Back Market refuses the account's token, if it is still current.

    False: another token was set while this job used the old one.
    """
    health = "refused" if isinstance(error, TokenRefusedError) else "forbidden"
    async with tools.database.transaction() as tx:
        if not await tokens.still_uses(tx.session, account_id, token_digest):
            return False
        await record_connection(tx.session, account_id, health, error.message)
    return True
