"""Checks whether Back Market accepts the token of a seller account."""

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from app.accounts import service, tokens
from app.accounts.account_client import AccountServices
from app.accounts.connection_health import REFUSED, record_connection
from app.backmarket.client import Access
from app.backmarket.errors import PermissionRefusedError, TokenRefusedError
from app.backmarket.markets import MARKETS, Environment, Platform
from app.core.columns import utc_now
from app.database import Transaction
from app.jobs.frame import Job
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp

Request = Callable[[Transaction, UUID], Awaitable[None]]


class ConnectionCheckJob(Job[Access]):
    """Records the connection health of an account.

    `recovered`: requests what waits for a token that is accepted again.
    """

    name = "connection"

    def __init__(self, services: AccountServices, recovered: Sequence[Request]) -> None:
        self.services = services
        self.recovered = recovered

    async def load(self, lease: Lease) -> Access | Snooze | None:
        async with self.services.database.transaction() as tx:
            account = await service.find(tx.session, lease.subject_id)
            if account is None:
                await lease.finish(tx.session)
                return None
        now = utc_now()
        if account.paused_until and account.paused_until > now:
            return Snooze(account.paused_until - now)
        platform = Platform(account.platform)
        return Access(
            platform=platform,
            environment=Environment(account.environment),
            token=tokens.open_token(self.services.vault, account),
            market=next(m for m in MARKETS.values() if m.platform is platform),
        )

    async def work(self, lease: Lease, loaded: Access) -> Snooze | None:
        """Raises BackMarketError when Back Market is unavailable."""
        health, detail = await self._check(loaded)
        account_id = lease.subject_id
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            before = (await service.get(tx.session, account_id)).connection
            await record_connection(tx.session, account_id, health, detail)
            if health == "ok" and before in REFUSED:
                for request in self.recovered:
                    await request(tx, account_id)
            await lease.finish(tx.session)
        return None

    async def _check(self, access: Access) -> tuple[str, str | None]:
        try:
            await self.services.back_market.check(access)
        except TokenRefusedError as error:
            return "refused", error.message
        except PermissionRefusedError as error:
            return "forbidden", error.message
        return "ok", None

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        """A check that cannot be made leaves the connection health as it is."""
