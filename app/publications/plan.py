"""The plan: what differs from what Back Market last accepted, as one statement.

Columns, not rows: the decision is SQL over the partial index of dirty offers, so a
plan costs what changed and not what exists. The rules are those of "Update mode".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from app.publications.words import Lane

BATCH_LINES = 15_000
"""Lines in one batch (Back Market API, limits)."""
DETAIL_LIMIT = 100_000
"""Deferred changes listed one by one in a report; all of them are counted."""


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What a plan is made for: a store, its siblings and what may be spent."""

    publication_id: UUID
    store_id: UUID
    siblings: Sequence[UUID]
    """Other stores of the same seller account: the active ones share its stock."""
    lines: int
    """SKU lines that may be sent now; the rest is deferred."""
    single_max: int
    """Up to so many updates go one by one."""


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """How many changes there are, by reason and verdict."""

    counts: dict[str, int]
    to_send: int
    deferred: int


# What another store of the account wants under the same SKU. Stock is one number per
# listing for all countries (Back Market API, listings): the lowest wish counts.
_ELSEWHERE = """
  LEFT JOIN LATERAL (
    SELECT min(s.quantity) FILTER (WHERE s.standing = 'wanted'
                                      OR (s.standing = 'kept' AND s.listed)) AS wish,
           bool_or(s.standing IN ('wanted', 'kept') AND s.listed
                   AND coalesce(s.quantity, s.accepted_quantity, 0) > 0) AS sells,
           min(s.accepted_ean) FILTER (WHERE s.listed) AS ean,
           min(s.accepted_grade) FILTER (WHERE s.listed) AS grade
      FROM offer AS s
     WHERE s.store_id = ANY(:siblings) AND s.sku_key = o.sku_key
  ) AS elsewhere ON true
"""
_NOBODY_ELSE = """
  CROSS JOIN (SELECT NULL::int AS wish, false AS sells,
                     NULL::text AS ean, NULL::text AS grade) AS elsewhere
"""

# 1. each dirty offer with the quantity it should have and what differs
_COMPARED = """
compared AS (
  SELECT o.sku_key, o.sku, o.standing, o.fingerprint, o.listed, o.in_error,
         o.listing_id IS NOT NULL AS known,
         o.ean, o.product_id, o.grade, o.new_battery,
         o.price, o.min_price, o.warranty_delay, o.comment, o.shipping,
         o.accepted_price, o.accepted_quantity, o.accepted_min_price,
         o.accepted_warranty_delay, o.accepted_comment, o.accepted_shipping,
         CASE WHEN o.listed THEN o.accepted_ean ELSE elsewhere.ean END AS listed_ean,
         CASE WHEN o.listed THEN o.accepted_grade ELSE elsewhere.grade END
           AS listed_grade,
         coalesce(elsewhere.sells, false) AS sold_elsewhere,
         CASE WHEN o.standing = 'gone' THEN 0
              ELSE least(o.quantity, elsewhere.wish) END AS target
    FROM offer AS o {elsewhere}
   WHERE o.store_id = :store AND o.dirty
)"""

_DIFFERS = """
differing AS (
  SELECT *,
    standing = 'wanted' AND (
      (listed_ean IS NOT NULL AND ean IS DISTINCT FROM listed_ean) OR
      (listed_grade IS NOT NULL AND grade IS DISTINCT FROM listed_grade)
    ) AS other_goods,
    target IS DISTINCT FROM accepted_quantity OR NOT listed AS d_quantity,
    listed AND target < accepted_quantity AS goes_down,
    standing = 'wanted' AND (NOT listed OR price IS DISTINCT FROM accepted_price)
      AS d_price,
    standing = 'wanted' AND min_price IS NOT NULL
      AND (NOT listed OR min_price IS DISTINCT FROM accepted_min_price) AS d_min_price,
    standing = 'wanted' AND warranty_delay IS NOT NULL AND (NOT listed
      OR warranty_delay IS DISTINCT FROM accepted_warranty_delay) AS d_warranty,
    standing = 'wanted' AND comment IS NOT NULL
      AND (NOT listed OR comment IS DISTINCT FROM accepted_comment) AS d_comment,
    standing = 'wanted' AND shipping IS NOT NULL
      AND (NOT listed OR shipping IS DISTINCT FROM accepted_shipping) AS d_shipping
  FROM compared
)"""

# 2. what is to be done with it
_JUDGED = """
judged AS (
  SELECT *,
    CASE
      WHEN standing = 'gone' AND sold_elsewhere THEN 'held'
      WHEN other_goods AND NOT goes_down THEN 'rejected'
      WHEN standing = 'kept' AND NOT goes_down THEN 'nothing'
      WHEN d_quantity OR d_price OR d_min_price OR d_warranty OR d_comment
           OR d_shipping THEN 'send'
      ELSE 'nothing'
    END AS verdict,
    CASE
      WHEN in_error THEN 'in_error'
      WHEN standing = 'gone' THEN 'disappeared'
      WHEN NOT listed THEN 'new'
      ELSE 'modified'
    END AS reason,
    CASE
      WHEN goes_down THEN {stock_down}
      WHEN in_error THEN {repeat}
      WHEN NOT listed THEN {new}
      WHEN d_price THEN {price}
      WHEN d_quantity THEN {stock_up}
      ELSE {content}
    END AS lane,
    -- a row that is invalid now, or names other goods, may only lower its stock
    standing = 'kept' OR other_goods AS only_stock
  FROM differing
)"""

# 3. in which order, through which door
_RANKED = """
ranked AS (
  SELECT *, row_number() OVER (ORDER BY verdict <> 'send', lane, sku_key) AS seq
  FROM judged WHERE verdict <> 'nothing'
),
allowed AS (
  SELECT *, verdict = 'send' AND seq <= :lines AS goes,
         CASE WHEN listed THEN 'update' ELSE 'create' END AS action
  FROM ranked
),
grouped AS (
  SELECT *,
         count(*) FILTER (WHERE goes AND listed) OVER () AS updates,
         row_number() OVER (PARTITION BY goes, action ORDER BY seq) AS place
  FROM allowed WHERE seq <= :lines + :detail OR verdict <> 'send'
),
doored AS (
  SELECT *,
         CASE WHEN goes AND listed AND known AND updates <= :single_max
              THEN 'single' WHEN goes THEN 'batch' END AS door
  FROM grouped
)"""

# Dispatches: one per single update, then batches of updates, then of creations.
_INSERT = """
INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, door, dispatch,
                    before, after, fingerprint, outcome, code)
SELECT :publication, seq, sku_key, sku, reason, lane, door,
       CASE door WHEN 'single' THEN place
                 WHEN 'batch' THEN (place - 1) / :batch_lines
                   + CASE action WHEN 'update' THEN 1000000 ELSE 2000000 END END,
       CASE WHEN listed THEN jsonb_strip_nulls(jsonb_build_object(
         'price', CASE WHEN d_price AND NOT only_stock THEN accepted_price::text END,
         'quantity', CASE WHEN d_quantity THEN accepted_quantity END,
         'min_price', CASE WHEN d_min_price AND NOT only_stock
                           THEN accepted_min_price::text END,
         'warranty_delay', CASE WHEN d_warranty AND NOT only_stock
                                THEN accepted_warranty_delay END,
         'comment', CASE WHEN d_comment AND NOT only_stock THEN accepted_comment END,
         'shipping', CASE WHEN d_shipping AND NOT only_stock
                          THEN accepted_shipping::jsonb END,
         'ean', CASE WHEN verdict = 'rejected' THEN listed_ean END,
         'grade', CASE WHEN verdict = 'rejected' THEN listed_grade END))
       ELSE '{}'::jsonb END,
       jsonb_strip_nulls(jsonb_build_object(
         'price', CASE WHEN d_price AND NOT only_stock THEN price::text END,
         'quantity', CASE WHEN d_quantity THEN target END,
         'min_price', CASE WHEN d_min_price AND NOT only_stock THEN min_price::text END,
         'warranty_delay', CASE WHEN d_warranty AND NOT only_stock
                                THEN warranty_delay END,
         'comment', CASE WHEN d_comment AND NOT only_stock THEN comment END,
         'shipping', CASE WHEN d_shipping AND NOT only_stock THEN shipping::jsonb END,
         'ean', CASE WHEN NOT listed OR verdict = 'rejected' THEN ean END,
         'grade', CASE WHEN NOT listed OR verdict = 'rejected' THEN grade END,
         'product_id', CASE WHEN NOT listed THEN product_id END,
         'new_battery', CASE WHEN NOT listed THEN new_battery END)),
       fingerprint,
       CASE WHEN goes THEN 'planned' WHEN verdict = 'send' THEN 'deferred'
            ELSE verdict END,
       CASE WHEN goes THEN NULL WHEN verdict = 'send' THEN 'line_budget'
            WHEN verdict = 'held' THEN 'wanted_elsewhere' ELSE 'identity_changed' END
  FROM doored
"""

_COUNTS = """
SELECT reason,
       CASE WHEN goes THEN 'planned' WHEN verdict = 'send' THEN 'deferred'
            ELSE verdict END AS outcome, count(*) AS changes
  FROM allowed GROUP BY 1, 2
"""

_DISPATCHES = text(
    """
    INSERT INTO dispatch (publication_id, seq, account_id, door, action, state, lines,
                          polls, attempts)
    SELECT :publication, dispatch, :account, min(door),
           CASE WHEN min(after ->> 'grade') IS NULL THEN 'update' ELSE 'create' END,
           'pending', count(*), 0, 0
      FROM change
     WHERE publication_id = :publication AND dispatch IS NOT NULL
     GROUP BY dispatch
    """
)

_HASH = text(
    """
    SELECT encode(sha256(convert_to(coalesce(string_agg(
             sku || ' ' || reason || ' ' || after::text, E'\\n' ORDER BY seq), ''),
           'UTF8')), 'hex')
      FROM change WHERE publication_id = :publication AND outcome = 'planned'
    """
)


def _statement(*, shared: bool) -> str:
    lanes = {lane.name.lower(): int(lane) for lane in Lane}
    steps = (
        _COMPARED.format(elsewhere=_ELSEWHERE if shared else _NOBODY_ELSE),
        _DIFFERS.lstrip(),
        _JUDGED.format(**lanes).lstrip(),
        _RANKED.lstrip(),
    )
    return "WITH " + ",\n".join(steps) + ",\nwritten AS (" + _INSERT + ")\n" + _COUNTS


PLAN = {shared: text(_statement(shared=shared)) for shared in (False, True)}


async def write_plan(session: AsyncSession, request: PlanRequest) -> PlanSummary:
    """Write the changes of a publication; an earlier, unfinished plan is replaced."""
    await session.execute(
        text("DELETE FROM change WHERE publication_id = :id"),
        {"id": request.publication_id},
    )
    values: dict[str, Any] = {
        "publication": request.publication_id,
        "store": request.store_id,
        "lines": request.lines,
        "detail": DETAIL_LIMIT,
        "single_max": request.single_max,
        "batch_lines": BATCH_LINES,
    }
    siblings = await _who_wish(session, request.siblings)
    if siblings:
        values["siblings"] = siblings
    rows = (await session.execute(PLAN[bool(siblings)], values)).all()
    return PlanSummary(
        counts={f"{row.reason}.{row.outcome}": row.changes for row in rows},
        to_send=sum(row.changes for row in rows if row.outcome == "planned"),
        deferred=sum(row.changes for row in rows if row.outcome == "deferred"),
    )


async def _who_wish(session: AsyncSession, siblings: Sequence[UUID]) -> list[UUID]:
    """A store that is switched off lets its catalog age: its wishes do not count."""
    found = await session.execute(
        text("SELECT id FROM store WHERE id = ANY(:siblings) AND active"),
        {"siblings": list(siblings)},
    )
    return list(found.scalars())


async def write_dispatches(
    session: AsyncSession, publication_id: UUID, account_id: UUID
) -> None:
    """Write one row per call that the plan needs."""
    await session.execute(
        text("DELETE FROM dispatch WHERE publication_id = :id"), {"id": publication_id}
    )
    await session.execute(
        _DISPATCHES, {"publication": publication_id, "account": account_id}
    )


async def plan_hash(session: AsyncSession, publication_id: UUID) -> str:
    """SHA-256 over what will be sent, in order: equal hash, equal content."""
    found: str = (
        await session.execute(_HASH, {"publication": publication_id})
    ).scalar_one()
    return found
