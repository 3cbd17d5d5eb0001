"""Remembers what the brake held, per offer and exact content, and what was decided."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

BRAKE_CODES = (
    "brake_zeroing",
    "brake_price",
    "brake_price_wave",
    "brake_shrunk",
    "brake_column_empty",
)
"""What an operator may approve. The other codes say what must change first."""

STATE = (
    "CASE WHEN h.state IN ('pending', 'approved') AND h.expires_at <= now() "
    "THEN 'expired' ELSE h.state END"
)

_WANTED = """EXISTS (
  SELECT 1 FROM offer AS o
   WHERE o.store_id = h.store_id AND o.sku_key = h.sku_key AND o.dirty
     AND CASE h.what WHEN 'zero' THEN o.desired_state = 'absent' OR o.quantity = 0
              ELSE o.desired_state = 'retained' OR o.price::text = h.content END)"""
"""A held change that is not wanted any more is no matter; another is judged anew."""
_FORGET = text(
    f"DELETE FROM hold AS h WHERE h.store_id = :store AND NOT {_WANTED}"  # noqa: S608 - constants
)
_STILL = (
    "hold.content = excluded.content "
    "AND (hold.state = 'rejected' OR hold.expires_at > now())"
)
_REMEMBER = text(
    f"""
    INSERT INTO hold (store_id, sku_key, what, sku, content, before, code, state,
                      publication_id, held_at, expires_at)
    SELECT :store, sku_key,
           CASE WHEN after ? 'quantity' THEN 'zero' ELSE 'price' END, sku,
           coalesce(after ->> 'quantity', after ->> 'price'),
           coalesce(before ->> 'quantity', before ->> 'price'),
           code, 'pending', :publication, now(), now() + :hold_for
      FROM change WHERE publication_id = :publication AND outcome = 'held'
       AND code = ANY(:codes)
    ON CONFLICT (store_id, sku_key, what) DO UPDATE SET
      sku = excluded.sku, content = excluded.content, before = excluded.before,
      code = excluded.code, publication_id = excluded.publication_id,
      state = CASE WHEN {_STILL} THEN hold.state ELSE 'pending' END,
      held_at = CASE WHEN {_STILL} THEN hold.held_at ELSE excluded.held_at END,
      decided_at = CASE WHEN {_STILL} THEN hold.decided_at END,
      expires_at = CASE WHEN {_STILL} THEN hold.expires_at
                        ELSE excluded.expires_at END
    """  # noqa: S608 - constants
)
_DECIDE = text(
    f"""
    WITH named AS (
      SELECT sku_key, CASE WHEN after ? 'quantity' THEN 'zero' ELSE 'price' END AS what,
             coalesce(after ->> 'quantity', after ->> 'price') AS content
        FROM change WHERE publication_id = :publication AND outcome = 'held'
         AND code = ANY(:codes)
         AND (CAST(:keys AS text[]) IS NULL OR sku_key = ANY(:keys))
    ),
    decided AS (
      UPDATE hold AS h SET state = :state, decided_at = now(),
             expires_at = now() + :hold_for
        FROM named AS n
       WHERE h.store_id = :store AND h.sku_key = n.sku_key AND h.what = n.what
         AND h.content = n.content AND {_WANTED}
         AND (CAST(:keys AS text[]) IS NOT NULL OR {STATE} IN ('pending', 'expired'))
      RETURNING h.code
    )
    SELECT (SELECT count(*) FROM named) AS named,
           (SELECT count(*) FROM decided) AS done,
           (SELECT bool_or(code IN ('brake_shrunk', 'brake_column_empty'))
              FROM decided) AS by_catalog
    """  # noqa: S608 - constants
)


async def forget_settled(session: AsyncSession, store_id: UUID) -> None:
    """Held changes that are not wanted any more, or were sent, are no matter."""
    await session.execute(_FORGET, {"store": store_id})


async def remember(
    session: AsyncSession, store_id: UUID, publication_id: UUID, hold_for: timedelta
) -> None:
    """Keep what a run's plan held; what was decided about the same content stays."""
    values = {"store": store_id, "publication": publication_id, "hold_for": hold_for}
    await session.execute(_REMEMBER, values | {"codes": list(BRAKE_CODES)})


async def decide(  # noqa: PLR0913 - what is decided about which held changes
    session: AsyncSession,
    store_id: UUID,
    publication_id: UUID,
    state: str,
    hold_for: timedelta,
    *,
    codes: Sequence[str] = BRAKE_CODES,
    skus: Sequence[str] | None = None,
) -> Any:  # noqa: ANN401 - a row
    """Approve or reject what a publication held, as far as it is held still.

    What was decided before is decided otherwise only by its SKU.
    Returns how many were `named` and `done`, and whether a doubt about the catalog
    was among them (`by_catalog`).
    """
    keys = None if skus is None else [sku.strip().lower() for sku in skus]
    found = await session.execute(
        _DECIDE,
        {
            "store": store_id,
            "publication": publication_id,
            "state": state,
            "hold_for": hold_for,
            "codes": list(codes),
            "keys": keys,
        },
    )
    return found.one()


async def listed(
    session: AsyncSession,
    store_id: UUID,
    filters: Mapping[str, str],
    after: Sequence[str] | None,
    limit: int,
) -> Sequence[Any]:
    """Held changes by SKU; filters by `state` and `code`."""
    where = "".join(f" AND {name} = :{name}" for name in filters)
    sku_key, what = after or ("", "")
    rows = await session.execute(
        text(
            f"SELECT * FROM (SELECT sku_key, what, sku, content, before, code, "  # noqa: S608 - names are ours
            f"{STATE} AS state, publication_id, held_at, decided_at, expires_at "
            "FROM hold AS h WHERE store_id = :id "
            f"AND (sku_key, what) > (:sku_key, :what) AND {_WANTED}"
            f") AS h WHERE true{where} ORDER BY sku_key, what LIMIT :limit"
        ),
        {
            "id": store_id,
            "sku_key": sku_key,
            "what": what,
            "limit": limit + 1,
            **filters,
        },
    )
    return rows.all()
