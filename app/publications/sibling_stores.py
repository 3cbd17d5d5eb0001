"""Requests runs of sibling stores after the stock that they share has changed.

Any store of a seller account whose desired stock differs from the live stock sends the
quantity for all of them. A store that no longer offers a SKU, or whose row has no valid
quantity, may have nothing to send: then a run of its siblings is requested.
"""

from app.core.statements import load_statements
from app.database import Transaction
from app.publications import scheduling
from app.publications.context import Run
from app.publications.enums import PublicationKind, Trigger

_STORES_TO_PUBLISH = load_statements(__package__, "sibling_stores.sql")[
    "stores_to_publish"
]
_FOLLOWING_TRIGGERS = frozenset({Trigger.FOLLOW_UP, Trigger.CARRY_OVER})


async def request_runs(tx: Transaction, run: Run) -> None:
    """Request runs of the siblings that have to send instead of this store.

    A run that was itself requested by a run requests none, so that two stores cannot
    request runs of each other endlessly.
    """
    if run.kind is not PublicationKind.OFFERS or not run.siblings or run.priority:
        return
    if run.trigger in _FOLLOWING_TRIGGERS:
        return
    found = await tx.session.execute(
        _STORES_TO_PUBLISH, {"siblings": list(run.siblings), "store": run.store_id}
    )
    for store_id in found.scalars().all():
        await scheduling.request(tx, store_id, run.account_id, Trigger.FOLLOW_UP)
