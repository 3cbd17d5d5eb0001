"""`/v1/seller-accounts`."""

from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request, status

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import (
    BriefWriter,
    CurrentDatabase,
    CurrentSettings,
    CurrentVault,
    Reader,
    Writer,
)
from app.accounts import other_markets, service
from app.accounts.models import SellerAccount
from app.accounts.schemas import (
    SellerAccountOut,
    SellerAccountPatch,
    TokenIn,
    account_out,
)
from app.accounts.shared_stock import shared_quantity_of
from app.backmarket.client import BackMarket
from app.core.errors import problem_responses
from app.database import Tx
from app.stores.accounts import access, rotation
from app.web.pagination import Cursor, Limit, Page, decode_uuid, page_of

router = APIRouter(prefix="/v1/seller-accounts", tags=["seller accounts"])


async def account_to_read(account_id: UUID, tx: Tx, caller: Reader) -> SellerAccount:
    return await access.load_readable(tx.session, caller, account_id)


async def account_to_change(account_id: UUID, tx: Tx, caller: Writer) -> SellerAccount:
    return await access.load_whole(tx.session, caller, account_id)


def back_market_of(request: Request) -> BackMarket:
    return cast("BackMarket", request.state.back_market)


AccountToRead = Annotated[SellerAccount, Depends(account_to_read)]
AccountToChange = Annotated[SellerAccount, Depends(account_to_change)]
CurrentBackMarket = Annotated[BackMarket, Depends(back_market_of)]


@router.get("", summary="List the seller accounts of the key's stores")
async def list_seller_accounts(
    tx: Tx,
    caller: Reader,
    settings: CurrentSettings,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[SellerAccountOut]:
    among = await access.readable_accounts(tx.session, caller)
    rows = await service.list_accounts(tx.session, among, decode_uuid(cursor), limit)
    elsewhere = await other_markets.listings(tx.session, [row.id for row in rows])
    return page_of(
        rows,
        limit,
        lambda a: account_out(a, settings, elsewhere.get(a.id, ())),
        lambda a: (a.id,),
    )


@router.get("/{account_id}", summary="Read a seller account")
async def get_seller_account(
    account: AccountToRead, tx: Tx, settings: CurrentSettings
) -> SellerAccountOut:
    return await _shown(tx, account, settings)


async def _shown(
    tx: Tx, account: SellerAccount, settings: CurrentSettings
) -> SellerAccountOut:
    elsewhere = await other_markets.listings(tx.session, [account.id])
    return account_out(account, settings, elsewhere.get(account.id, ()))


@router.patch(
    "/{account_id}",
    summary="Change what the stores of a seller account share",
    responses=problem_responses(409),
)
async def update_seller_account(
    account: AccountToChange,
    body: SellerAccountPatch,
    tx: Tx,
    caller: Writer,
    settings: CurrentSettings,
) -> SellerAccountOut:
    """Needs a key for every store of the account."""
    before = _shared(account)
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
    if (after := _shared(account)) != before:
        subject = Subject(account.id, account_id=account.id)
        await audit.record(
            tx.session,
            caller,
            AuditAction.ACCOUNT_CHANGED,
            subject,
            before=before,
            after=after,
        )
    return await _shown(tx, account, settings)


def _shared(account: SellerAccount) -> dict[str, object]:
    """What the stores of an account share, as JSON."""
    return account.model_dump(mode="json", include=set(SellerAccountPatch.model_fields))


@router.put(
    "/{account_id}/token",
    status_code=status.HTTP_204_NO_CONTENT,
    summary="Rotate the token of a seller account",
    responses=problem_responses(409),
)
async def replace_seller_account_token(
    account_id: UUID,
    body: TokenIn,
    database: CurrentDatabase,
    caller: BriefWriter,
    vault: CurrentVault,
    back_market: CurrentBackMarket,
) -> None:
    """Stores that the key does not have leave the account, without a token.

    The token is checked at Back Market first: 422 `token_refused` or
    `permission_refused`, 409 `token_of_other_account`, and 503 `token_not_checked` if
    Back Market is away and the account has other stores. None of them has an effect.
    """
    asked = rotation.Rotation(caller, account_id, body.token, body.store_ids)
    await rotation.rotate(database, vault, back_market, asked)
