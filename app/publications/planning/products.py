"""Plans a publication of products: descriptions for EANs that Back Market lacks.

Only a refused offer shows that an EAN is unknown (Back Market API, products: there is
no look-up), so known products cost no line. A product is created with its listing, at
quantity 0; the next run of offers raises it. Later changes of an accepted description
are planned by `product_updates`.
"""

from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import line_budget
from app.accounts.budget import unreserved_lines
from app.catalogs.descriptions import Descriptions, descriptions
from app.offers.locks import lock_offers
from app.publications.context import Run
from app.publications.enums import PRODUCT_CODES
from app.publications.planning import plan
from app.publications.planning.complete import complete_plan
from app.publications.planning.plan import PlanSummary
from app.publications.planning.product_updates import (
    PRODUCTS_SQL,
    submitted_keys,
    write_updates,
)
from app.publications.planning.request import DETAIL_LIMIT
from app.publications.results.record import record_plan_refusals


async def make_plan(run: Run) -> None:
    """Read the descriptions in the catalog, then write the plan."""
    values: dict[str, Any] = {"store": run.store_id, "codes": list(PRODUCT_CODES)}
    async with run.tools.database.transaction() as tx:
        found = await tx.session.execute(
            PRODUCTS_SQL["candidates"], values | {"limit": DETAIL_LIMIT}
        )
        submitted = await submitted_keys(tx.session, run.store_id)
        keys = list(dict.fromkeys((*found.scalars(), *submitted)))
        in_catalog = await descriptions(
            tx.session, run.tools.settings, run.tools.storage, run.store_id
        )
    described = await _descriptions_of(in_catalog, keys)
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await lock_offers(tx.session, [run.store_id])
        used = await line_budget.lines_used(tx.session, run.account_id)
        lines = unreserved_lines(run.limits.lines_per_hour, used)
        summary = await _write(tx.session, run, values | {"lines": lines}, described)
        await plan.write_submissions(tx.session, run.publication_id, run.account_id)
        await record_plan_refusals(tx.session, run.publication_id, run.store_id)
        await complete_plan(tx.session, run.publication_id, summary)


async def _descriptions_of(
    in_catalog: Descriptions | None, keys: Sequence[str]
) -> pl.DataFrame:
    if in_catalog is None or not keys:
        empty = dict.fromkeys(("sku_key", "product", "problem"), pl.String)
        return pl.DataFrame(schema=empty)
    return await in_catalog.of(keys)


async def _write(
    session: AsyncSession, run: Run, values: dict[str, Any], described: pl.DataFrame
) -> PlanSummary:
    await session.execute(
        text("DELETE FROM change WHERE publication_id = :id"),
        {"id": run.publication_id},
    )
    values |= {
        "publication": run.publication_id,
        "keys": described["sku_key"].to_list(),
        "products": described["product"].to_list(),
        "problems": described["problem"].to_list(),
    }
    await session.execute(PRODUCTS_SQL["write_new"], values)
    listed = sum((await _count_outcomes(session, values)).values())
    await write_updates(session, values)
    counts = await _count_outcomes(session, values)
    candidates = await session.scalar(PRODUCTS_SQL["count_candidates"], values)
    unlisted = int(candidates or 0) - listed
    if unlisted > 0:
        counts["new.deferred"] = counts.get("new.deferred", 0) + unlisted
    digest = await session.execute(PRODUCTS_SQL["digest"], values)
    return PlanSummary(
        counts=counts,
        to_send=sum(n for key, n in counts.items() if key.endswith(".planned")),
        deferred=sum(n for key, n in counts.items() if key.endswith(".deferred")),
        digest=digest.scalar_one(),
    )


async def _count_outcomes(
    session: AsyncSession, values: dict[str, Any]
) -> dict[str, int]:
    rows = await session.execute(PRODUCTS_SQL["count_outcomes"], values)
    return {f"{row.reason}.{row.outcome}": row.changes for row in rows}
