"""Tells the other stores of a seller account that the stock they share has changed.

Whichever store's wish differs from what is online sends what all of them would. A
store that wants a SKU no more, or whose row tells no stock any more, may have nothing
to send itself: then those that want it are asked to look.
"""

from sqlalchemy import text

from app.database import Transaction
from app.publications import scheduling
from app.publications.context import Run
from app.publications.enums import PublicationKind, Trigger

_CONCERNED = text(
    """
    SELECT s.id FROM store AS s
     WHERE s.id = ANY(:siblings) AND s.active AND s.publish_offers AND EXISTS (
       SELECT 1 FROM offer AS theirs
         JOIN offer AS ours ON ours.store_id = :store
                           AND ours.sku_key = theirs.sku_key
        WHERE theirs.store_id = s.id AND theirs.dirty AND theirs.listed
          AND theirs.desired_state = 'active'
          AND theirs.quantity <> theirs.accepted_quantity
          AND ours.listed AND ours.desired_state <> 'active' AND NOT ours.dirty)
    """
)
_TOLD = frozenset({Trigger.FOLLOW_UP, Trigger.CARRY_OVER})


async def tell(tx: Transaction, run: Run) -> None:
    """Ask for runs of the stores that must send instead of this one.

    A run that was asked for like this asks for none: two stores cannot keep each
    other busy.
    """
    if run.kind is not PublicationKind.OFFERS or not run.siblings or run.priority:
        return
    if run.trigger in _TOLD:
        return
    found = await tx.session.execute(
        _CONCERNED, {"siblings": list(run.siblings), "store": run.store_id}
    )
    for store_id in found.scalars().all():
        await scheduling.request(tx, store_id, run.account_id, Trigger.FOLLOW_UP)
