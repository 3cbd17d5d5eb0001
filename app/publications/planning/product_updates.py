"""Plans changed descriptions of products that Back Market accepted.

Back Market takes such a change until its staff has validated the product. Later ones
it accepts without an error and ignores (Back Market API, products). So those are held,
and a change that was sent while the product was validated is not recorded as accepted.
"""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.statements import load_statements
from app.offers.service import AWAITING_VALIDATION
from app.publications.enums import Lane
from app.publications.planning.request import BATCH_LINES, DETAIL_LIMIT

_FRAGMENTS = {
    "lane_content": str(int(Lane.CONTENT)),
    "lane_repeat": str(int(Lane.REPEAT)),
    "batch_lines": str(BATCH_LINES),
    "awaiting_validation": str(AWAITING_VALIDATION),
}
PRODUCTS_SQL = load_statements(__package__, "products.sql", _FRAGMENTS)


async def submitted_keys(session: AsyncSession, store_id: UUID) -> list[str]:
    """SKU keys of active offers whose product description Back Market accepted."""
    found = await session.execute(
        PRODUCTS_SQL["submitted"], {"store": store_id, "limit": DETAIL_LIMIT}
    )
    return list(found.scalars())


async def write_updates(session: AsyncSession, values: dict[str, Any]) -> None:
    """Append the changed descriptions to the plan.

    `values`: `publication`, `store`, `lines` of the whole plan, and the descriptions in
    the catalog as the columns `keys`, `products`, `problems`.
    """
    last = (await session.execute(PRODUCTS_SQL["last_change"], values)).one()
    await session.execute(
        PRODUCTS_SQL["write_updates"],
        values
        | {
            "first": last.seq,
            "submission": last.submission + 1,
            "lines": max(values["lines"] - last.planned, 0),
        },
    )
