"""Shows offers with the problems of their catalog rows: desired state, live state."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from app.backmarket.markets import market_of
from app.catalogs.engine.validate.problems import problems_in
from app.offers import queries
from app.offers.queries import OfferFilter
from app.offers.schemas import (
    OfferOut,
    OfferPage,
    OfferProblem,
    offer_out,
)
from app.stores.models import Store
from app.stores.settings.margin import margin_of
from app.web.pagination import encode_cursor, page_of


async def list_page(  # noqa: PLR0913 - filters of a list
    session: AsyncSession,
    store: Store,
    which: OfferFilter,
    after: str | None,
    limit: int,
    *,
    count: bool = True,
) -> OfferPage:
    """Offers of the store by SKU; `after`: a SKU key.

    `count`: the first page has the totals by state, for which every offer is read.
    """
    margin = margin_of(store.minimum_margin)
    if which.q:
        found = await queries.search(session, store.id, which, after, limit, margin)
        rows, frontier = found.rows, found.frontier
    else:
        rows = await queries.offers(session, store.id, which, after, limit, margin)
        frontier = None
    page = page_of(
        rows, limit, lambda row: shown(row, store), lambda row: (row.sku_key,)
    )
    first = count and after is None
    totals = await queries.totals(session, store.id) if first else None
    following = page.next or (encode_cursor(frontier) if frontier else None)
    return OfferPage(items=page.items, next=following, totals=totals)


def shown(row: Any, store: Store) -> OfferOut:  # noqa: ANN401 - a row of `queries.offers`
    """The offer with its problems by name."""
    found = problems_in(int(row.problems))
    problems = [OfferProblem(field=p.field, code=p.code) for p in found]
    return offer_out(row, market_of(store.country).currency, problems)
