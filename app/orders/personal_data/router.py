"""`/v1/buyers`: copies and erases a buyer's data, found by an e-mail address.

The address is in the body: paths and queries are logged on the way.
"""

from collections.abc import Collection
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from sqlalchemy.ext.asyncio import AsyncSession

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import CurrentVault, Reader, Writer
from app.access.service import Caller
from app.core.columns import new_id
from app.database import Tx
from app.orders.buyers.erasure import orders_of, request_erasure
from app.orders.personal_data.export import export_orders
from app.orders.personal_data.schemas import (
    BuyerErasureOut,
    BuyerExport,
    BuyerExportIn,
    BuyerIn,
)
from app.stores.accounts.access import whole_accounts
from app.web.idempotent.recorded_route import RecordedRoute
from app.web.pagination import decode_uuid, encode_cursor

router = APIRouter(prefix="/v1/buyers", tags=["orders"], route_class=RecordedRoute)


async def accounts_of_reader(tx: Tx, caller: Reader) -> Collection[UUID] | None:
    return await whole_accounts(tx.session, caller)


async def accounts_of_writer(tx: Tx, caller: Writer) -> Collection[UUID] | None:
    return await whole_accounts(tx.session, caller)


ReadAccounts = Annotated[Collection[UUID] | None, Depends(accounts_of_reader)]
ErasedAccounts = Annotated[Collection[UUID] | None, Depends(accounts_of_writer)]


@router.post("/export", summary="Copy a buyer's data")
async def export_buyer(
    body: BuyerExportIn,
    tx: Tx,
    caller: Reader,
    accounts: ReadAccounts,
    vault: CurrentVault,
) -> BuyerExport:
    """Orders of the accounts of which the key has every store."""
    found = await orders_of(
        tx.session,
        vault,
        body.email,
        accounts,
        before=decode_uuid(body.cursor),
        limit=body.limit + 1,
    )
    ids = found[: body.limit]
    await _record(tx.session, caller, AuditAction.BUYER_EXPORTED, len(ids))
    return BuyerExport(
        items=await export_orders(tx.session, vault, ids),
        next=encode_cursor(str(ids[-1])) if len(found) > len(ids) else None,
    )


@router.post("/erase", summary="Erase a buyer's data")
async def erase_buyer(
    body: BuyerIn,
    tx: Tx,
    caller: Writer,
    accounts: ErasedAccounts,
    vault: CurrentVault,
) -> BuyerErasureOut:
    """In orders of the accounts of which the key has every store; final.

    Amounts, SKUs, states and times stay. Fetching an order again does not bring the
    data back.
    """
    erased = await request_erasure(tx.session, vault, body.email, accounts)
    done = AuditAction.BUYER_ERASED
    number = await _record(tx.session, caller, done, erased.orders)
    return BuyerErasureOut(id=number, orders=erased.orders, pending=erased.is_open)


async def _record(
    session: AsyncSession, caller: Caller, action: AuditAction, orders: int
) -> UUID:
    """Audit it without the address, under an id of its own."""
    number = new_id()
    await audit.record(
        session, caller, action, Subject(number), after={"orders": orders}
    )
    return number
