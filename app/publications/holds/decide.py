"""Approves and rejects held changes."""

from uuid import UUID

from app.access import service as access
from app.access.audit import service as audit
from app.access.audit.service import AuditAction, Subject
from app.access.service import Caller
from app.database import Transaction
from app.publications import scheduling
from app.publications.enums import Trigger
from app.publications.holds import held_changes
from app.publications.holds.schemas import DecisionIn, DecisionOut
from app.publications.planning.inputs import trust_catalog
from app.publications.reports import queries
from app.stores import service as stores
from app.stores.models import Store
from app.stores.settings.brake import Brake

_ACTIONS = {
    "approved": AuditAction.PUBLICATION_APPROVED,
    "rejected": AuditAction.PUBLICATION_REJECTED,
}


async def decide(
    tx: Transaction, caller: Caller, publication_id: UUID, body: DecisionIn, state: str
) -> DecisionOut:
    """Approve or reject held changes, and request a run for approved ones.

    After a decision on changes that were held because of the catalog, the next catalog
    is compared with this one. Raises NotFoundError.
    """
    publication = await queries.get_publication(tx.session, caller, publication_id)
    store = await stores.load_store(tx.session, caller, publication.store_id, lock=True)
    found = await held_changes.decide(
        tx.session,
        store.id,
        publication.id,
        state,
        Brake.model_validate(store.brake or {}).hold_for,
        by=await access.name_of(tx.session, caller),
        codes=[body.code] if body.code else held_changes.BRAKE_CODES,
        skus=body.skus,
    )
    await audit.record(
        tx.session,
        caller,
        _ACTIONS[state],
        Subject(publication.id, store.id, store.account_id),
        after=body.model_dump(mode="json", exclude_none=True)
        | {"decided": found.decided},
    )
    if found.by_catalog:
        await trust_catalog(tx.session, store)
    follow_up_id = None
    if state == "approved" and found.decided:
        follow_up_id = await _follow_up(tx, store)
    return DecisionOut(
        decided=found.decided,
        not_held=found.named - found.decided,
        not_decidable=found.not_decidable,
        follow_up_id=follow_up_id,
    )


async def _follow_up(tx: Transaction, store: Store) -> UUID | None:
    if not store.active or store.account_id is None:
        return None
    run = await scheduling.request(tx, store.id, store.account_id, Trigger.FOLLOW_UP)
    return run.id
