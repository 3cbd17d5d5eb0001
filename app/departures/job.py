"""Runs a departure: zeroes the listings run by run, reports, deletes the store."""

from datetime import timedelta
from uuid import UUID

import structlog

from app.accounts.account_client import AccountServices
from app.core.columns import utc_now
from app.core.failpoints import failpoint
from app.database import Transaction
from app.departures import removal, report
from app.departures.lifecycle import DEPARTURE
from app.departures.models import Departure
from app.departures.next_step import Facts, Finish, StartRun, Step, Wait, next_step
from app.departures.service import end, open_departure
from app.jobs.frame import Job
from app.jobs.lease import Lease, Snooze
from app.jobs.retry import GiveUp
from app.offers import leaving
from app.publications import scheduling
from app.publications.enums import PublicationState
from app.publications.lifecycle import OVER
from app.stores import service as stores
from app.stores.models import Store

CHECK = timedelta(seconds=5)
"""The longest wait between two checks of a run; its end wakes the job earlier."""
BUSY = timedelta(seconds=1)

log = structlog.get_logger(__name__)


class DepartureJob(Job[UUID]):
    """Does as much of a store's departure as can be done now; subject: the store."""

    name = "departure"

    def __init__(self, services: AccountServices) -> None:
        self.services = services

    async def load(self, lease: Lease) -> UUID | Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            if await open_departure(tx.session, lease.subject_id) is None:
                await lease.finish(tx.session)
                return None
        return lease.subject_id

    async def work(self, lease: Lease, loaded: UUID) -> Snooze | None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            snooze = await self._advance(tx, lease, loaded)
        failpoint("departure.advanced")
        if snooze is not None or lease.ended:
            return snooze
        removed = await removal.remove(self.services, lease)
        return None if removed else Snooze(BUSY)

    async def _advance(
        self, tx: Transaction, lease: Lease, store_id: UUID
    ) -> Snooze | None:
        """The next step of the departure; None: it has ended, or the store goes."""
        store = await stores.find_locked(tx.session, store_id)
        departure = await open_departure(tx.session, store_id)
        if departure is None or store is None:
            await lease.finish(tx.session)
        elif departure.state == "deleting":
            return None
        elif store.active:
            end(departure, "cancelled", "store_activated")
            await lease.finish(tx.session)
        else:
            step = next_step(await _facts(tx, departure, store))
            return await _take(tx, lease, departure, store, step)
        return None

    async def give_up(self, lease: Lease, reason: GiveUp) -> None:
        async with self.services.database.transaction() as tx:
            await lease.ensure_held(tx.session)
            departure = await open_departure(tx.session, lease.subject_id)
            if departure and departure.state != "deleting":
                end(departure, "failed", reason.code)


async def _facts(tx: Transaction, departure: Departure, store: Store) -> Facts:
    zeroes = departure.offers == "zero" and store.account_id is not None
    if not zeroes or departure.publication_id is None:
        return Facts(zeroes=zeroes)
    last = await scheduling.last_of(tx.session, departure.publication_id)
    departure.publication_id = last.id if last else None
    siblings = await report.siblings_that_sell(tx.session, store)
    return Facts(
        run=PublicationState(last.state) if last else PublicationState.CANCELLED,
        reason=last.reason_code if last and last.state in OVER else None,
        to_zero=await leaving.any_to_zero(tx.session, store.id, siblings),
        unsettled=await report.unsettled(tx.session, store.id),
        rounds=departure.rounds,
    )


async def _take(
    tx: Transaction, lease: Lease, departure: Departure, store: Store, step: Step
) -> Snooze | None:
    match step:
        case StartRun(pause):
            after = utc_now() + pause if departure.publication_id else None
            departure.rounds += departure.publication_id is not None
            run = await scheduling.request_departure(tx, store, after)
            departure.publication_id = run.id
            DEPARTURE.move(departure, "zeroing")
            return Snooze(CHECK)
        case Wait():
            return Snooze(CHECK)
        case Finish(reason):
            await _finish(tx, lease, departure, store, reason)
    return None


async def _finish(
    tx: Transaction,
    lease: Lease,
    departure: Departure,
    store: Store,
    reason: str | None,
) -> None:
    """Write the report; a store that is not deleted has left now."""
    await report.write(tx.session, departure, store, listings=True)
    log.info("departure.reported", **departure.counts, reason=reason)
    if departure.action == "delete":
        DEPARTURE.move(departure, "deleting")
        departure.reason_code = reason
        return
    end(departure, "failed" if reason else "done", reason)
    await lease.finish(tx.session)
