"""Deactivates and deletes stores, and shows the result for their listings."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, status

from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.dependencies import Admin, Reader, Writer
from app.access.service import Caller
from app.core.errors import problem_responses
from app.database import Transaction, Tx
from app.departures import service
from app.departures.lifecycle import ENDS
from app.departures.models import Departure
from app.departures.schemas import (
    DepartureListingOut,
    DepartureOut,
    ListingReason,
    departure_out,
    listing_out,
)
from app.departures.service import Offers
from app.stores.dependencies import StoreToChange
from app.stores.leaving import lock_account_of
from app.stores.models import Store
from app.web.pagination import Cursor, Limit, Page, decode_cursor, decode_uuid, page_of
from app.web.responses import ACCEPTED, POLLED

router = APIRouter(prefix="/v1", tags=["stores"])

WhatBecomes = Annotated[
    Offers | None,
    Query(description="`zero`: set the listings to 0; `leave`: they stay on sale"),
]


async def lock_siblings(store_id: UUID, tx: Tx, caller: Writer) -> None:
    """Stores of one account leave one after the other."""
    caller.require_store(store_id)
    await lock_account_of(tx.session, store_id)


async def store_that_leaves(
    _: Annotated[None, Depends(lock_siblings)], store: StoreToChange
) -> Store:
    return store


StoreThatLeaves = Annotated[Store, Depends(store_that_leaves)]


@router.delete(
    "/stores/{store_id}/activation",
    summary="Deactivate a store",
    responses=ACCEPTED | problem_responses(412),
)
async def deactivate_store(
    store: StoreThatLeaves,
    tx: Tx,
    caller: Writer,
    response: Response,
    offers: WhatBecomes = None,
) -> DepartureOut:
    """Stops publishing. By default the listings stay on sale as they are.

    With `offers=zero` they are set to 0, except where another store of the account
    sells the SKU: 202, follow the `Location`. The listings of no other country change.
    """
    was_active = store.active
    departure = await service.deactivate(tx, caller, store, offers)
    if was_active or offers:
        await _record(tx, caller, AuditAction.STORE_DEACTIVATED, store, offers)
    if departure.state not in ENDS:
        _accepted(response, departure)
    return departure_out(departure)


@router.delete(
    "/stores/{store_id}",
    status_code=status.HTTP_202_ACCEPTED,
    summary="Delete a store",
    responses=ACCEPTED | problem_responses(412),
)
async def delete_store(
    store: StoreThatLeaves,
    tx: Tx,
    caller: Admin,
    response: Response,
    offers: WhatBecomes = None,
) -> DepartureOut:
    """Deactivates the store, and deletes it with its catalogs and reports.

    `offers` is required while listings are online. With the last store of a seller
    account go the account, its token, its orders and the buyers' data. The departure
    can be read afterwards.
    """
    departure = await service.delete(tx, caller, store, offers)
    await _record(tx, caller, AuditAction.STORE_DELETED, store, offers)
    _accepted(response, departure)
    return departure_out(departure)


async def _record(
    tx: Transaction,
    caller: Caller,
    action: AuditAction,
    store: Store,
    offers: Offers | None,
) -> None:
    subject = Subject(store.id, store.id, store.account_id)
    after = {"offers": offers} if offers else None
    await audit.record(tx.session, caller, action, subject, after=after)


def _accepted(response: Response, departure: Departure) -> None:
    response.status_code = status.HTTP_202_ACCEPTED
    response.headers["Location"] = f"/v1/departures/{departure.id}"
    response.headers["Retry-After"] = "2"


@router.get("/departures", summary="List departures, newest first")
async def list_departures(
    tx: Tx,
    caller: Reader,
    store_id: UUID | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DepartureOut]:
    """Deactivations and deletions of stores, also of deleted ones."""
    rows = await service.list_departures(
        tx.session, caller, store_id, decode_uuid(cursor), limit
    )
    return page_of(rows, limit, departure_out, lambda row: (row.id,))


@router.get("/departures/{departure_id}", summary="Read a departure", responses=POLLED)
async def get_departure(
    departure_id: UUID, tx: Tx, caller: Reader, response: Response
) -> DepartureOut:
    """What was ordered, its state, and the result for the store's listings."""
    departure = await service.load(tx.session, caller, departure_id)
    if departure.state not in ENDS:
        response.headers["Retry-After"] = "2"
    return departure_out(departure)


@router.get("/departures/{departure_id}/listings", summary="List what stays online")
async def list_departure_listings(
    departure_id: UUID,
    tx: Tx,
    caller: Reader,
    reason: ListingReason | None = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[DepartureListingOut]:
    """By SKU, with the reason. Written when the departure ends.

    A deactivation that leaves the listings has no list: GET /v1/stores/{id}/offers.
    """
    await service.load(tx.session, caller, departure_id)
    key = decode_cursor(cursor, 1)
    rows = await service.list_listings(
        tx.session, departure_id, reason, key[0] if key else "", limit
    )
    return page_of(rows, limit, listing_out, lambda row: (row.sku_key,))
