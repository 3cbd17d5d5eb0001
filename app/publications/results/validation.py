"""Refreshes listings that await validation by Back Market.

Its staff validates new products within hours (Back Market API, products), without a
notification. A run reads the listings that await validation, if the store has any.
"""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.offers import service as offers
from app.offers.service import AWAITING_VALIDATION, sku_key
from app.publications.context import Run

_MAX_PAGES = 200
_MAX_LISTINGS = 60
"""Listings read one by one; of further ones only the end of the wait is recorded."""


_TOO_LATE = load_statements(__package__, "validation.sql")["mark_too_late"]


async def refresh(run: Run) -> None:
    """Update the publication state of waiting listings. Raises BackMarketError."""
    async with run.tools.database.transaction() as tx:
        waiting = await offers.awaiting_validation(tx.session, run.store_id)
    if not waiting:
        return
    changed = sorted(waiting.keys() - await _still_waiting(run, waiting))
    read = {key: waiting[key] for key in changed[:_MAX_LISTINGS]}
    states = dict.fromkeys(changed) | await _states(run, read)
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await offers.set_publication_states(tx.session, run.store_id, states)


async def _still_waiting(run: Run, waiting: Collection[str]) -> set[str]:
    seen: set[str] = set()
    for page in range(1, _MAX_PAGES + 1):
        answer = await run.tools.back_market.listings(
            run.access, page, filters={"publication_state": AWAITING_VALIDATION}
        )
        seen |= {
            sku_key(listing.sku or "")
            for listing in answer.items
            if listing.publication_state == AWAITING_VALIDATION
        }
        if not answer.has_next or seen.issuperset(waiting):
            return seen
    return seen | set(waiting)  # too many to read: nothing is known to have changed


async def _states(run: Run, skus: Mapping[str, str]) -> dict[str, int | None]:
    states: dict[str, int | None] = {}
    for key, sku in skus.items():
        listing = await run.tools.back_market.listing_by_sku(run.access, sku)
        states[key] = listing.publication_state if listing else None
    return states


async def mark_too_late(
    session: AsyncSession, publication_id: UUID, store_id: UUID
) -> None:
    """Mark product updates as unconfirmed that arrived after the validation."""
    values = {
        "publication": publication_id,
        "store": store_id,
        "waiting": AWAITING_VALIDATION,
    }
    await session.execute(_TOO_LATE, values)
