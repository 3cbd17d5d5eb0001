"""Which endpoints a caller may create and see: those of the caller's own stores."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.access.service import Caller
from app.core.errors import ForbiddenError
from app.stores import service as stores
from app.stores.accounts import access as accounts
from app.webhook_endpoints.schemas import EndpointIn


async def scope_for(session: AsyncSession, caller: Caller, body: EndpointIn) -> str:
    """The scope of a new endpoint. Raises NotFoundError, ForbiddenError."""
    if body.store_ids is not None:
        for store_id in body.store_ids:
            await stores.load_store(session, caller, store_id)
        return "stores"
    if body.seller_account_id is not None:
        await accounts.load_whole(session, caller, body.seller_account_id)
        return "account"
    if caller.store_ids is not None:
        raise ForbiddenError(
            "Events of all stores need a key for all stores.",
            code="account_wide",
            accepted="`store_ids` or `seller_account_id`, or another key",
        )
    return "all"
