"""Checks whether Back Market accepts the token of a seller account."""

from uuid import UUID

from app.accounts import service
from app.backmarket.client import Access, BackMarket
from app.backmarket.errors import PermissionRefusedError, TokenRefusedError
from app.backmarket.markets import MARKETS, Environment, Platform
from app.core.columns import utc_now
from app.core.vault import Vault
from app.database import Database
from app.jobs.lease import TryAgainError


async def check_connection(
    database: Database, back_market: BackMarket, vault: Vault, account_id: UUID
) -> bool:
    """Record the connection health; True when a refused token works again.

    Raises BackMarketError when Back Market is unavailable, TryAgainError while the
    account is paused after a 429.
    """
    async with database.transaction() as tx:
        account = await service.get(tx.session, account_id)
    if account.paused_until and account.paused_until > utc_now():
        raise TryAgainError(account.paused_until - utc_now(), "the account is paused")
    platform = Platform(account.platform)
    market = next(m for m in MARKETS.values() if m.platform is platform)
    access = Access(
        platform=platform,
        environment=Environment(account.environment),
        token=service.open_token(vault, account),
        market=market,
    )
    health, detail = "ok", None
    try:
        await back_market.check(access)
    except TokenRefusedError as error:
        health, detail = "refused", error.message
    except PermissionRefusedError as error:
        health, detail = "forbidden", error.message
    async with database.transaction() as tx:
        before = (await service.get(tx.session, account_id)).connection
        await service.record_connection(tx.session, account_id, health, detail)
    return health == "ok" and before in {"refused", "forbidden"}
