"""Orders departures of stores, finds them, and deletes old reports."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.access import service as access
from app.access.service import Caller
from app.core.columns import utc_now
from app.core.errors import FieldError, InvalidError, NotFoundError
from app.database import Transaction
from app.departures import report
from app.departures.lifecycle import DEPARTURE, ENDS
from app.departures.messages import message_for
from app.departures.models import Departure, DepartureListing
from app.jobs.kinds import JobKind
from app.offers import service as offers
from app.stores import activation
from app.stores import service as stores
from app.stores.models import Store

Action = Literal["deactivate", "delete"]
Offers = Literal["zero", "leave"]


async def deactivate(
    tx: Transaction, caller: Caller, store: Store, choice: Offers | None
) -> Departure:
    """Stop publishing; with `zero`, set the store's listings to 0.

    Without a choice, what was ordered before continues; else the listings are left.
    """
    earlier = await _open(tx.session, store.id)
    if earlier and (earlier.action == "delete" or choice in {None, earlier.offers}):
        return await _resumed(tx, earlier)
    chosen = choice or _default(store)
    departure = await _order(tx, caller, store, "deactivate", chosen)
    if chosen == "leave" or store.account_id is None:
        await report.write(tx.session, departure, store, listings=False)
        end(departure, "done")
    else:
        await tx.enqueue(JobKind.DEPARTURE, store.id, store.tenant_id)
    return departure


def _default(store: Store) -> Offers:
    """A store that left with its listings set to 0 did not sell since."""
    return "zero" if store.departed_with == "zero" else "leave"


async def delete(
    tx: Transaction, caller: Caller, store: Store, choice: Offers | None
) -> Departure:
    """Stop publishing, with `zero` set the listings to 0, then delete the store.

    Raises InvalidError without a choice while listings are online.
    """
    earlier = await _open(tx.session, store.id)
    same = earlier is not None and earlier.action == "delete"
    if earlier and same and (choice or earlier.offers) == earlier.offers:
        return await _resumed(tx, earlier)
    if earlier and earlier.state == "deleting":
        return await _resumed(tx, earlier)
    if choice is None and await offers.has_stock_online(tx.session, store.id):
        raise _choice_needed()
    departure = await _order(tx, caller, store, "delete", choice or "leave")
    await tx.enqueue(JobKind.DEPARTURE, store.id, store.tenant_id)
    return departure


async def _resumed(tx: Transaction, departure: Departure) -> Departure:
    """The departure; its job runs again, should it have been given up."""
    tenant_id = await stores.tenant_of(tx.session, departure.store_id)
    await tx.enqueue(JobKind.DEPARTURE, departure.store_id, tenant_id)
    return departure


def _choice_needed() -> InvalidError:
    message = "The store has listings online: set them to 0 or leave them."
    accepted = "`zero` (set to 0) or `leave` (stay on sale)"
    wrong = FieldError("offers", "missing", message, accepted)
    return InvalidError(message, code="offers_needed", errors=[wrong])


async def _order(
    tx: Transaction, caller: Caller, store: Store, action: Action, chosen: Offers
) -> Departure:
    earlier = await _open(tx.session, store.id)
    if earlier:
        end(earlier, "cancelled", "replaced")
        await tx.session.flush()
    departure = Departure(
        store_id=store.id,
        store_name=store.name,
        country=store.country,
        action=action,
        offers=chosen,
        requested_by=await access.name_of(tx.session, caller),
    )
    tx.session.add(departure)
    deletion_id = departure.id if action == "delete" else None
    await activation.deactivate(tx.session, store, chosen, deletion_id)
    return departure


def end(departure: Departure, state: str, code: str | None = None) -> None:
    """End a departure, with a reason where something stays online against the order."""
    DEPARTURE.move(departure, state)
    departure.reason_code = code
    departure.reason = message_for(code) if code else None
    departure.finished_at = utc_now()


async def open_departure(session: AsyncSession, store_id: UUID) -> Departure | None:
    """The departure of the store that has not ended, locked; None: there is none."""
    return await _open(session, store_id)


async def _open(session: AsyncSession, store_id: UUID) -> Departure | None:
    found = await session.execute(
        select(Departure)
        .where(Departure.store_id == store_id, col(Departure.state).not_in(ENDS))
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def load(session: AsyncSession, caller: Caller, departure_id: UUID) -> Departure:
    """Raises NotFoundError for an unknown one, or for a store of other keys."""
    departure = await session.get(Departure, departure_id)
    if departure is None or not caller.sees(departure.store_id):
        raise NotFoundError("Departure not found.")
    return departure


async def list_departures(
    session: AsyncSession,
    caller: Caller,
    store_id: UUID | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Departure]:
    """Newest first."""
    query = select(Departure).order_by(col(Departure.id).desc()).limit(limit + 1)
    if caller.store_ids is not None:
        query = query.where(col(Departure.store_id).in_(caller.store_ids))
    if store_id:
        query = query.where(Departure.store_id == store_id)
    if before:
        query = query.where(col(Departure.id) < before)
    return (await session.execute(query)).scalars().all()


async def list_listings(
    session: AsyncSession,
    departure_id: UUID,
    reason: str | None,
    after: str,
    limit: int,
) -> Sequence[DepartureListing]:
    """Listings that stay online, by SKU."""
    query = select(DepartureListing).where(
        DepartureListing.departure_id == departure_id,
        DepartureListing.sku_key > after,
    )
    if reason:
        query = query.where(DepartureListing.reason == reason)
    query = query.order_by(col(DepartureListing.sku_key)).limit(limit + 1)
    return (await session.execute(query)).scalars().all()


async def delete_old(session: AsyncSession, keep: timedelta) -> None:
    """Delete departures that ended longer ago."""
    await session.execute(
        text("DELETE FROM departure WHERE finished_at < now() - :keep"), {"keep": keep}
    )
