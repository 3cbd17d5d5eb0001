"""`/v1/seller-accounts/{id}/budget`."""

from fastapi import APIRouter

from app.access.dependencies import CurrentSettings
from app.accounts import service as accounts
from app.database import Tx
from app.publications.budget.backlog import budget_of
from app.publications.budget.schemas import BudgetOut, budget_out
from app.stores.accounts.router import AccountToRead

router = APIRouter(prefix="/v1/seller-accounts", tags=["seller accounts"])


@router.get("/{account_id}/budget", summary="Read the line budget and the backlog")
async def get_seller_account_budget(
    account: AccountToRead, tx: Tx, settings: CurrentSettings
) -> BudgetOut:
    """The backlog is counted over all stores of the account, by lane, with an ETA."""
    limits = accounts.limits_of(account, settings)
    budget = await budget_of(tx.session, account, limits)
    return budget_out(account, limits, budget)
