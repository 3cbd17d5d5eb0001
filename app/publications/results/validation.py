"""Refreshes listings that await validation by Back Market.

Its staff validates new products within hours (Back Market API, products), without a
notification. A run reads the listings that await validation, if the store has any.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.publications.context import Run

WAITING = 1
"""Awaiting validation (Back Market API, publication_state)."""
_MOST_PAGES = 200
_LOOK_AT = 60
"""Listings read one by one; of further ones only the end of the wait is recorded."""


_TOO_LATE = text(
    f"""
    WITH late AS (
      UPDATE change AS c SET outcome = 'unconfirmed', code = 'product_validated'
        FROM offer_view AS o
       WHERE c.publication_id = :publication AND c.outcome = 'accepted'
         AND c.after ? 'product' AND NOT c.after ? 'grade'
         AND o.store_id = :store AND o.sku_key = c.sku_key
         AND o.publication_state IS DISTINCT FROM {WAITING}
      RETURNING c.sku_key, c.before -> 'product' AS before
    )
    UPDATE submitted_product AS t SET product = t.product || late.before FROM late
     WHERE t.store_id = :store AND t.sku_key = late.sku_key
    """  # noqa: S608 - constants
)


async def refresh(run: Run) -> None:
    """Update the publication state of waiting listings. Raises BackMarketError."""
    async with run.tools.database.transaction() as tx:
        found = await tx.session.execute(
            text(
                "SELECT sku_key FROM offer_view WHERE store_id = :store AND listed "
                "AND publication_state = :waiting"
            ),
            {"store": run.store_id, "waiting": WAITING},
        )
        waiting = set(found.scalars())
    if not waiting:
        return
    left = sorted(waiting - await _still_waiting(run, waiting))
    states = dict.fromkeys(left) | await _states(run, left[:_LOOK_AT])
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await tx.session.execute(
            text(
                "UPDATE offer AS o SET publication_state = s.state FROM unnest("
                "CAST(:keys AS text[]), CAST(:states AS smallint[])) "
                "AS s (sku_key, state) "
                "WHERE o.store_id = :store AND o.sku_key = s.sku_key"
            ),
            {
                "store": run.store_id,
                "keys": list(states),
                "states": list(states.values()),
            },
        )


async def _still_waiting(run: Run, waiting: Collection[str]) -> set[str]:
    seen: set[str] = set()
    for page in range(1, _MOST_PAGES + 1):
        answer = await run.tools.back_market.listings(
            run.access, page, filters={"publication_state": WAITING}
        )
        seen |= {
            (listing.sku or "").lower()
            for listing in answer.items
            if listing.publication_state == WAITING
        }
        if not answer.has_next or seen.issuperset(waiting):
            return seen
    return seen | set(waiting)  # too many to read: nothing is known to have changed


async def _states(run: Run, keys: Collection[str]) -> dict[str, int | None]:
    states: dict[str, int | None] = {}
    for key in keys:
        listing = await run.tools.back_market.listing_by_sku(run.access, key)
        states[key] = listing.publication_state if listing else None
    return states


async def mark_too_late(
    session: AsyncSession, publication_id: UUID, store_id: UUID
) -> None:
    """Mark product updates as unconfirmed that arrived after the validation."""
    await session.execute(_TOO_LATE, {"publication": publication_id, "store": store_id})
