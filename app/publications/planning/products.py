"""Plans a publication of products: what Back Market needs for EANs it does not know.

Only a refused offer tells that an EAN is unknown (Back Market API, products: there is
no look-up), so products already known cost no line. A product comes with its listing,
at quantity 0; the next run of offers raises it. What changes later in a description
that was accepted is for `redescribe`.
"""

import asyncio
from collections.abc import Sequence
from typing import Any

import polars as pl
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.accounts import service as accounts
from app.accounts.budget import usual_left
from app.catalogs.descriptions import Descriptions, descriptions
from app.publications.context import Run
from app.publications.enums import PRODUCT_CODES, Lane
from app.publications.planning import plan
from app.publications.planning.complete import complete_plan
from app.publications.planning.plan import PlanSummary
from app.publications.planning.product_updates import (
    described,
    with_described,
    write_changes,
)
from app.publications.planning.request import BATCH_LINES, DETAIL_LIMIT
from app.publications.results.record import lock_offers, note_local_refusals

_WAITING = """
  o.store_id = :store AND o.desired_state = 'active' AND o.in_error AND NOT o.listed
  AND o.error_code = ANY(:codes)
"""
_CANDIDATES = text(
    f"SELECT o.sku_key FROM offer AS o WHERE {_WAITING} "  # noqa: S608 - constants
    "ORDER BY o.error_code <> 'unknown_product', o.sku_key LIMIT :most"
)
_HASH = text(
    """
    SELECT encode(sha256(convert_to(coalesce(string_agg(
             sku || ' ' || reason || ' ' || after::text, E'\\n' ORDER BY seq), ''),
           'UTF8')), 'hex')
      FROM change WHERE publication_id = :publication AND outcome = 'planned'
    """
)
_COUNT = text(f"SELECT count(*) FROM offer AS o WHERE {_WAITING}")  # noqa: S608 - constants
_WRITE = text(
    f"""
    WITH said AS (
      SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:products AS text[]),
                           CAST(:problems AS text[])) AS s (sku_key, product, problem)
    ),
    ranked AS (
      SELECT o.*, s.product, s.problem, o.error_code = 'unknown_product' AS is_new,
             row_number() OVER (ORDER BY s.problem IS NOT NULL,
               o.error_code <> 'unknown_product', o.sku_key) AS seq
        FROM said AS s JOIN offer AS o ON o.sku_key = s.sku_key AND {_WAITING}
    ),
    judged AS (
      SELECT *, CASE WHEN problem IS NOT NULL THEN 'rejected'
                     WHEN seq <= :lines THEN 'planned' ELSE 'deferred' END AS outcome
        FROM ranked
    )
    INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, method,
                        submission, before, after, fingerprint, outcome, code, message)
    SELECT :publication, seq, sku_key, sku,
           CASE WHEN is_new THEN 'new' ELSE 'in_error' END,
           CASE WHEN is_new THEN {int(Lane.CONTENT)} ELSE {int(Lane.REPEAT)} END,
           CASE outcome WHEN 'planned' THEN 'batch' END,
           CASE outcome WHEN 'planned' THEN 1 + (seq - 1) / {BATCH_LINES} END,
           '{{}}'::jsonb,
           jsonb_strip_nulls(jsonb_build_object(
             'ean', ean, 'grade', grade, 'new_battery', new_battery,
             'price', price::text, 'quantity', 0, 'product', product::jsonb)),
           fingerprint, outcome,
           CASE outcome WHEN 'rejected' THEN 'product_incomplete'
                        WHEN 'deferred' THEN 'line_budget' END,
           problem
      FROM judged
    """  # noqa: S608 - constants
)


async def make_plan(run: Run) -> None:
    """Read what the catalog says of the products in question, then write the plan."""
    values: dict[str, Any] = {"store": run.store_id, "codes": list(PRODUCT_CODES)}
    async with run.tools.database.transaction() as tx:
        found = await tx.session.execute(_CANDIDATES, values | {"most": DETAIL_LIMIT})
        keys = with_described(
            list(found.scalars()), await described(tx.session, run.store_id)
        )
        told = await descriptions(
            tx.session, run.tools.settings, run.tools.storage, run.store_id
        )
    said = await asyncio.to_thread(_said, told, keys)
    async with run.tools.database.transaction() as tx:
        await run.lease.ensure_held(tx.session)
        await lock_offers(tx.session, [run.store_id])
        used = await accounts.lines_used(tx.session, run.account_id)
        lines = usual_left(run.limits.lines_per_hour, used)
        summary = await _write(tx.session, run, values | {"lines": lines}, said)
        await plan.write_dispatches(tx.session, run.publication_id, run.account_id)
        await note_local_refusals(tx.session, run.publication_id, run.store_id)
        await complete_plan(tx.session, run.publication_id, summary)


def _said(told: Descriptions | None, keys: Sequence[str]) -> pl.DataFrame:
    if told is None or not keys:
        empty = dict.fromkeys(("sku_key", "product", "problem"), pl.String)
        return pl.DataFrame(schema=empty)
    return told.of(keys)


async def _write(
    session: AsyncSession, run: Run, values: dict[str, Any], said: pl.DataFrame
) -> PlanSummary:
    await session.execute(
        text("DELETE FROM change WHERE publication_id = :id"),
        {"id": run.publication_id},
    )
    columns = {
        "keys": said["sku_key"].to_list(),
        "products": said["product"].to_list(),
        "problems": said["problem"].to_list(),
    }
    publication = {"publication": run.publication_id}
    await session.execute(_WRITE, values | columns | publication)
    listed = sum((await _counted(session, run)).values())
    await write_changes(session, values | columns | publication)
    counts = await _counted(session, run)
    everything = await session.scalar(_COUNT, values)
    unlisted = int(everything or 0) - listed
    if unlisted > 0:
        counts["new.deferred"] = counts.get("new.deferred", 0) + unlisted
    return PlanSummary(
        counts=counts,
        to_send=sum(n for key, n in counts.items() if key.endswith(".planned")),
        deferred=sum(n for key, n in counts.items() if key.endswith(".deferred")),
        digest=(await session.execute(_HASH, publication)).scalar_one(),
    )


async def _counted(session: AsyncSession, run: Run) -> dict[str, int]:
    rows = await session.execute(
        text(
            "SELECT reason, outcome, count(*) AS n FROM change "
            "WHERE publication_id = :publication GROUP BY 1, 2"
        ),
        {"publication": run.publication_id},
    )
    return {f"{row.reason}.{row.outcome}": row.n for row in rows}
