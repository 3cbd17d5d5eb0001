"""`/v1/seller-accounts`."""

from uuid import UUID

from fastapi import APIRouter, status

from app.access.dependencies import Admin, CurrentSettings, CurrentVault
from app.accounts import other_markets, service
from app.accounts.models import SellerAccount
from app.accounts.schemas import (
    SellerAccountOut,
    SellerAccountPatch,
    TokenIn,
    account_out,
)
from app.accounts.shared_stock import shared_quantity_of
from app.core.errors import problem_responses
from app.database import Tx
from app.jobs.kinds import JobKind
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of

router = APIRouter(prefix="/v1/seller-accounts", tags=["seller accounts"])


@router.get("", summary="List seller accounts")
async def list_seller_accounts(
    tx: Tx,
    _: Admin,
    settings: CurrentSettings,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[SellerAccountOut]:
    rows = await service.list_accounts(tx.session, decode_uuid(cursor), limit)
    elsewhere = await other_markets.listings(tx.session, [row.id for row in rows])
    return page_of(
        rows,
        limit,
        lambda a: account_out(a, settings, elsewhere.get(a.id, ())),
        lambda a: (a.id,),
    )


@router.get("/{account_id}", summary="Read a seller account")
async def get_seller_account(
    account_id: UUID, tx: Tx, _: Admin, settings: CurrentSettings
) -> SellerAccountOut:
    return await _shown(tx, await service.get(tx.session, account_id), settings)


async def _shown(
    tx: Tx, account: SellerAccount, settings: CurrentSettings
) -> SellerAccountOut:
    elsewhere = await other_markets.listings(tx.session, [account.id])
    return account_out(account, settings, elsewhere.get(account.id, ()))


@router.patch(
    "/{account_id}",
    summary="Change what the stores of a seller account share",
)
async def update_seller_account(
    account_id: UUID,
    body: SellerAccountPatch,
    tx: Tx,
    caller: Admin,
    settings: CurrentSettings,
) -> SellerAccountOut:
    account = await service.get(tx.session, account_id)
    changes = body.model_dump(exclude_unset=True)
    if "shared_quantity" in changes:
        policy = shared_quantity_of(changes.pop("shared_quantity") or "min")
        await service.set_shared_quantity(tx.session, account, policy)
    if "other_markets" in changes:
        decision = changes.pop("other_markets")
        await other_markets.decide(tx.session, account, decision, caller)
    for name, value in changes.items():
        setattr(account, name, value)
    account.version += 1
    return await _shown(tx, account, settings)


@router.put(
    "/{account_id}/token",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Rotate the token for all stores of the account",
    responses=problem_responses(409),
)
async def replace_seller_account_token(
    account_id: UUID, body: TokenIn, tx: Tx, _: Admin, vault: CurrentVault
) -> None:
    """The live state stays: this is the same Back Market account with a new token."""
    account = await service.get(tx.session, account_id)
    await service.rotate_token(tx.session, vault, account, body.token)
    await tx.enqueue(JobKind.CHECK_CONNECTION, account.id)
