"""Requests publications: by API, webhook, schedule, and as follow-ups."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from app.core.columns import utc_now
from app.core.errors import ConflictError, FieldError, InvalidError
from app.core.sql import load_sql
from app.database import Transaction
from app.jobs.kinds import JobKind
from app.publications.enums import PlanState, PublicationKind, PublicationState, Trigger
from app.publications.hook_details import with_webhook
from app.publications.lifecycle import PUBLICATION
from app.publications.models import Plan, Publication
from app.publications.outcome_events import record_finished
from app.stores.models import Store
from app.stores.next_times import NextTime, set_next_times
from app.stores.schedule import next_due

SCHEDULE_LIMIT = 200


async def request(  # noqa: PLR0913 - the parts of a request
    tx: Transaction,
    store_id: UUID,
    account_id: UUID,
    trigger: Trigger,
    *,
    kind: PublicationKind = PublicationKind.OFFERS,
    not_before: datetime | None = None,
    plan_id: UUID | None = None,
) -> Publication:
    """Request a run of the store: a new one, or the one that is requested already.

    A joined run starts at the earlier of both times and takes over the plan to
    publish. Raises ConflictError if it has another plan.
    """
    fresh = Publication(
        store_id=store_id,
        account_id=account_id,
        kind=kind,
        trigger=trigger,
        not_before=not_before,
        plan_id=plan_id,
        plan_only=plan_id is not None,
    )
    publication = None
    while publication is None:  # the requested run may start between the two
        inserted = await _insert(tx.session, fresh)
        publication = await _waiting(tx.session, store_id, kind)
    if inserted or _join(publication, plan_id, not_before):
        wait = not_before - utc_now() if not_before else timedelta(0)
        after = max(wait, timedelta(0))
        await tx.enqueue(JobKind.PUBLISH, publication.id, account_id, after=after)
    return publication


def _join(
    publication: Publication, plan_id: UUID | None, not_before: datetime | None
) -> bool:
    """Take part in a run that is requested already; True: it starts earlier now."""
    _join_plan(publication, plan_id)
    starts = publication.not_before
    if starts is None or (not_before is not None and not_before >= starts):
        return False
    publication.not_before = not_before
    return True


def _join_plan(publication: Publication, plan_id: UUID | None) -> None:
    if plan_id is None:
        publication.plan_only = False
    elif publication.plan_id in {None, plan_id}:
        publication.plan_id = plan_id
    else:
        raise ConflictError(
            "A publication of another plan is requested already.",
            code="other_plan_waits",
        )


async def _insert(session: AsyncSession, fresh: Publication) -> bool:
    """Insert the run; False if the store has a requested run already."""
    inserted = await session.scalar(
        insert(Publication)
        .values(**fresh.model_dump())
        .on_conflict_do_nothing(
            index_elements=["store_id", "kind"],
            index_where=text("state = 'requested'"),
        )
        .returning(col(Publication.id))
    )
    return inserted is not None


async def _waiting(
    session: AsyncSession, store_id: UUID, kind: PublicationKind
) -> Publication | None:
    found = await session.execute(
        select(Publication)
        .where(
            Publication.store_id == store_id,
            Publication.kind == str(kind),
            Publication.state == str(PublicationState.REQUESTED),
        )
        .with_for_update()
    )
    return found.scalar_one_or_none()


async def request_by_api(
    tx: Transaction, store: Store, kind: PublicationKind, plan_id: UUID | None = None
) -> Publication:
    """Request a run for an API caller. Raises ConflictError, InvalidError."""
    account_id = _active_account(store)
    if kind is PublicationKind.PRODUCTS and not store.publish_products:
        raise ConflictError(
            "The store does not publish products: set `publish_products` in "
            "PUT /v1/stores/{id}/settings first.",
            code="products_off",
        )
    if plan_id:
        await _check_plan(tx.session, store.id, kind, plan_id)
    return await request(
        tx, store.id, account_id, Trigger.API, kind=kind, plan_id=plan_id
    )


async def _check_plan(
    session: AsyncSession, store_id: UUID, kind: PublicationKind, plan_id: UUID
) -> None:
    plan = await session.get(Plan, plan_id)
    if plan is None or plan.store_id != store_id or plan.kind != kind:
        message = (
            f"The store has no plan of {kind} with this id; plans are kept for a day."
        )
        accepted = "the id of a plan of this store and kind"
        wrong = FieldError("plan_id", "unknown_plan", message, accepted)
        raise InvalidError(message, errors=[wrong])
    if plan.state != PlanState.READY:
        raise ConflictError("The plan is not ready yet.", code="plan_not_ready")


async def request_by_hook(
    tx: Transaction, store: Store, skus: Sequence[str], debounce: timedelta
) -> Publication:
    """Request a run for a webhook, debounced: close webhooks join one run.

    The SKUs are stored with the run; it sends all differences. Raises ConflictError.
    """
    now = utc_now()
    publication = await request(
        tx, store.id, _active_account(store), Trigger.HOOK, not_before=now + debounce
    )
    publication.hook = with_webhook(publication.hook, skus, now)
    return publication


async def request_quickly(tx: Transaction, store: Store) -> Publication:
    """Request a run for a quick update; it waits for no import.

    Raises ConflictError.
    """
    publication = await request(
        tx, store.id, _active_account(store), Trigger.QUICK_UPDATE
    )
    publication.trigger = Trigger.QUICK_UPDATE
    return publication


def may_send(store: Store, trigger: str) -> bool:
    """Whether a run of the store may send: it is active, or it leaves with `zero`."""
    if trigger == Trigger.DEPARTURE:
        return not store.active and store.departed_with == "zero"
    return store.active


async def request_departure(
    tx: Transaction, store: Store, not_before: datetime | None = None
) -> Publication:
    """Request the run that sets the listings of a store that leaves to 0.

    Runs of the store that have not started are cancelled.
    """
    assert store.account_id is not None  # noqa: S101 - without one nothing is online
    for kind in PublicationKind:
        earlier = await _waiting(tx.session, store.id, kind)
        if earlier and earlier.trigger != Trigger.DEPARTURE:
            await cancel_requested(tx.session, earlier, "store_inactive")
    return await request(
        tx, store.id, store.account_id, Trigger.DEPARTURE, not_before=not_before
    )


async def last_of(session: AsyncSession, publication_id: UUID) -> Publication | None:
    """The run, or the last of its follow-ups."""
    run = await session.get(Publication, publication_id)
    while run and run.follow_up_id:
        run = await session.get(Publication, run.follow_up_id)
    return run


async def cancel_requested(
    session: AsyncSession, publication: Publication, code: str
) -> None:
    """Cancel a run that has not started."""
    PUBLICATION.move(publication, PublicationState.CANCELLED)
    publication.reason_code = code
    publication.finished_at = utc_now()
    await session.flush()
    await record_finished(session, publication)


async def job_subjects(session: AsyncSession, store_id: UUID) -> list[UUID]:
    """Ids of the store's runs and plans that have not ended."""
    statement = text(
        "SELECT id FROM publication WHERE store_id = :store "
        "AND state NOT IN ('finished', 'failed', 'cancelled') UNION ALL "
        "SELECT id FROM plan WHERE store_id = :store AND state = 'requested'"
    )
    return list((await session.execute(statement, {"store": store_id})).scalars())


def _active_account(store: Store) -> UUID:
    if not store.active or store.account_id is None:
        raise ConflictError(
            "The store is not active: PUT /v1/stores/{id}/activation first.",
            code="store_inactive",
        )
    return store.account_id


_SQL = {
    kind: load_sql(__package__, "scheduling.sql", {"kind": str(kind)})
    for kind in PublicationKind
}
_DUE = {kind: text(statements["due"]) for kind, statements in _SQL.items()}
ANY_DUE = " OR ".join(statements["any_due"] for statements in _SQL.values())
"""SQL: whether a store may be due for a run."""
NEXT_TIME_OF_KIND = {
    PublicationKind.OFFERS: NextTime.OFFERS,
    PublicationKind.PRODUCTS: NextTime.PRODUCTS,
}


async def request_due(tx: Transaction) -> int:
    """Request runs of the stores that are due; returns how many are due.

    If the account's token is refused, its connection is checked instead.
    """
    return sum([await _request_due(tx, kind) for kind in PublicationKind])


async def _request_due(tx: Transaction, kind: PublicationKind) -> int:
    rows = (await tx.session.execute(_DUE[kind], {"limit": SCHEDULE_LIMIT})).all()
    now = utc_now()
    for row in rows:
        if row.connection in {"refused", "forbidden"}:
            await tx.enqueue(JobKind.CHECK_CONNECTION, row.account_id, row.account_id)
        else:
            await request(tx, row.id, row.account_id, Trigger.SCHEDULE, kind=kind)
    due = [next_due(r.id, timedelta(seconds=r.interval_s), now) for r in rows]
    await set_next_times(
        tx.session, NEXT_TIME_OF_KIND[kind], [row.id for row in rows], due
    )
    return len(rows)


async def request_for_account(tx: Transaction, account_id: UUID) -> None:
    """Request runs of all active stores of an account whose token works again."""
    rows = await tx.session.execute(
        text(
            "SELECT id FROM store_view "
            "WHERE account_id = :id AND active AND publish_offers"
        ),
        {"id": account_id},
    )
    for store_id in rows.scalars().all():
        await request(tx, store_id, account_id, Trigger.FOLLOW_UP)
