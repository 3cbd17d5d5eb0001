"""Plans what changed in products that Back Market was told about.

Back Market takes such a change until its staff has validated the product; later ones
it accepts without an error and ignores (Back Market API, products). So those are held
before they are sent, and what was validated while it was sent is not called accepted.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.publications.enums import Lane
from app.publications.planning.request import BATCH_LINES, DETAIL_LIMIT
from app.publications.results.validation import WAITING

_TOLD = text(
    "SELECT o.sku_key FROM submitted_product AS t JOIN offer AS o "
    "ON o.store_id = t.store_id AND o.sku_key = t.sku_key "
    "WHERE t.store_id = :store AND o.desired_state = 'active' AND o.listed "
    "ORDER BY o.sku_key LIMIT :most"
)
# The fields of one description that the other does not say in the same way.
_DIFFERENT = (
    "(SELECT coalesce(jsonb_object_agg(key, value), '{{}}') "
    "FROM jsonb_each({one}) WHERE value IS DISTINCT FROM {other} -> key)"
)
_WRITE = text(
    f"""
    WITH said AS (
      SELECT sku_key, jsonb_strip_nulls(CAST(product AS jsonb)) AS product FROM unnest(
        CAST(:keys AS text[]), CAST(:products AS text[]), CAST(:problems AS text[]))
        AS s (sku_key, product, problem)
       WHERE problem IS NULL
    ),
    ranked AS (
      SELECT o.sku_key, o.sku, o.ean, o.fingerprint, s.product, t.product AS told,
             o.publication_state IS NOT DISTINCT FROM {WAITING} AS takes_changes,
             row_number() OVER (ORDER BY
               o.publication_state IS DISTINCT FROM {WAITING}, o.sku_key) AS place
        FROM said AS s
        JOIN offer AS o ON o.store_id = :store AND o.sku_key = s.sku_key
        JOIN submitted_product AS t ON t.store_id = :store AND t.sku_key = s.sku_key
       WHERE o.desired_state = 'active' AND o.listed AND s.product <> t.product
    ),
    judged AS (
      SELECT *, CASE WHEN NOT takes_changes THEN 'held'
                     WHEN place <= :lines THEN 'planned' ELSE 'deferred' END AS outcome,
             {_DIFFERENT.format(one="told", other="product")} AS ours,
             {_DIFFERENT.format(one="product", other="told")} AS theirs
        FROM ranked
    )
    INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, method,
                        submission, before, after, fingerprint, outcome, code)
    SELECT :publication, :first + place, sku_key, sku, 'modified', {int(Lane.CONTENT)},
           CASE outcome WHEN 'planned' THEN 'batch' END,
           CASE outcome WHEN 'planned'
             THEN :submission + (place - 1) / {BATCH_LINES} END,
           jsonb_build_object('product', ours),
           CASE outcome
             WHEN 'planned' THEN jsonb_build_object('ean', ean, 'product', product)
             ELSE jsonb_build_object('product', theirs) END,
           fingerprint, outcome,
           CASE outcome WHEN 'held' THEN 'product_validated'
                        WHEN 'deferred' THEN 'line_budget' END
      FROM judged
    """  # noqa: S608 - constants
)
_LAST = text(
    "SELECT coalesce(max(seq), 0) AS seq, coalesce(max(submission), 0) AS submission, "
    "count(*) FILTER (WHERE outcome = 'planned') AS planned "
    "FROM change WHERE publication_id = :publication"
)


async def described(session: AsyncSession, store_id: UUID) -> list[str]:
    """SKU keys of wanted offers whose product Back Market was told about."""
    found = await session.execute(_TOLD, {"store": store_id, "most": DETAIL_LIMIT})
    return list(found.scalars())


async def write_changes(session: AsyncSession, values: dict[str, Any]) -> None:
    """Add the changed descriptions to the plan, after what it has already.

    `values`: `publication`, `store`, `lines` that may be sent by the whole plan, and
    what the catalog says as the columns `keys`, `products`, `problems`.
    """
    last = (await session.execute(_LAST, values)).one()
    await session.execute(
        _WRITE,
        values
        | {
            "first": last.seq,
            "submission": last.submission + 1,
            "lines": max(values["lines"] - last.planned, 0),
        },
    )


def with_described(waiting: Sequence[str], told: Sequence[str]) -> list[str]:
    """Each SKU key once: what waits for its product first."""
    return list(dict.fromkeys((*waiting, *told)))
