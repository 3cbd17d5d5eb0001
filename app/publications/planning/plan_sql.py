"""The SQL of the plan: what differs, what is to be done with it, in which order.

One chain of steps serves two statements: one counts, the other picks the changes that
are listed one by one. Steps are not materialized: where only the first of a lane are
listed (`walk`), the key gives them in order and the rest is never looked at. `OFFSET 0`
keeps PostgreSQL from writing what a step decides into each place where it is used: the
text of a decision that is built on others would grow with every step.
The rules are those of "Update mode".
"""

from app.publications.enums import Lane
from app.publications.planning.guard_sql import DIGEST, guarding
from app.publications.refusals_sql import QUARANTINED, RESTING

FENCE = "OFFSET 0"
LANES = {lane.name.lower(): int(lane) for lane in Lane}

# What other stores of the account want under the same SKU. Stock is one number per
# listing for all countries (Back Market API, listings); the account's policy says
# whose wish counts. Every store counts with the same wishes, so that whichever runs
# first sends what all others would.
_ELSEWHERE = """
  LEFT JOIN LATERAL (
    SELECT CASE WHEN CAST(:policy AS text) = 'max' THEN max(wish)
                ELSE coalesce(max(wish) FILTER (WHERE leads), min(wish)) END AS wish,
           bool_or(leads AND wish IS NOT NULL) AS led,
           bool_or(sells) AS sells, min(ean) AS ean, min(grade) AS grade
      FROM (SELECT s.store_id = CAST(:leader AS uuid) AS leads,
                   CASE WHEN s.desired_state = 'active'
                          OR (s.desired_state = 'retained' AND s.listed)
                        THEN s.quantity END AS wish,
                   s.desired_state IN ('active', 'retained') AND s.listed
                     AND coalesce(s.quantity, s.accepted_quantity, 0) > 0 AS sells,
                   CASE WHEN s.listed THEN s.accepted_ean END AS ean,
                   CASE WHEN s.listed THEN s.accepted_grade END AS grade
              FROM offer AS s
             WHERE s.store_id = ANY(:siblings) AND s.sku_key = o.sku_key) AS others
  ) AS elsewhere ON true
"""
_NOBODY_ELSE = """
  CROSS JOIN (SELECT false AS sells,
                     NULL::text AS ean, NULL::text AS grade) AS elsewhere
"""
_SHARED_TARGET = """CASE
           WHEN o.desired_state = 'absent' AND elsewhere.sells
             THEN coalesce(elsewhere.wish, o.accepted_quantity)
           WHEN o.desired_state = 'absent' THEN 0
           WHEN o.store_id = CAST(:leader AS uuid) THEN o.quantity
           WHEN elsewhere.led THEN elsewhere.wish
           WHEN CAST(:policy AS text) = 'max' THEN greatest(o.quantity, elsewhere.wish)
           ELSE least(o.quantity, elsewhere.wish) END"""
_OWN_TARGET = "CASE WHEN o.desired_state = 'absent' THEN 0 ELSE o.quantity END"

# 1. each dirty offer with the quantity it should have and what differs
_COMPARED = """
compared AS NOT MATERIALIZED (
  SELECT o.sku_key, o.sku, o.desired_state, o.fingerprint, o.listed, o.in_error,
         {quarantined} AS quarantined, {resting} AS resting,
         :products AND o.in_error AND NOT o.listed
           AND o.error_code = ANY(:product_codes) AS awaits_product,
         o.listing_id IS NOT NULL AS known,
         o.ean, o.product_id, o.grade, o.new_battery,
         o.cost, o.cpa, o.max_price, o.price, o.min_price,
         o.warranty_delay, o.comment, o.shipping,
         o.accepted_price, o.accepted_quantity, o.accepted_min_price,
         o.accepted_warranty_delay, o.accepted_comment, o.accepted_shipping,
         CASE WHEN o.listed THEN o.accepted_ean ELSE elsewhere.ean END AS listed_ean,
         CASE WHEN o.listed THEN o.accepted_grade ELSE elsewhere.grade END
           AS listed_grade,
         coalesce(elsewhere.sells, false) AS sold_elsewhere,
         {target} AS target
    FROM offer AS o {elsewhere}
   WHERE o.store_id = :store AND o.dirty {which}
)"""
# What another run of the store is sending already need not be sent again.
_NOT_IN_FLIGHT = "AND o.sku_key <> ALL(CAST(:in_flight AS text[]))"

_DIFFERS = """
differing AS NOT MATERIALIZED (
  SELECT *,
    desired_state = 'active' AND (
      (listed_ean IS NOT NULL AND ean IS DISTINCT FROM listed_ean) OR
      (listed_grade IS NOT NULL AND grade IS DISTINCT FROM listed_grade)
    ) AS other_goods,
    target IS DISTINCT FROM accepted_quantity OR NOT listed AS d_quantity,
    listed AND target < accepted_quantity AS goes_down,
    desired_state = 'active' AND (NOT listed OR price IS DISTINCT FROM accepted_price)
      AS d_price,
    desired_state = 'active' AND min_price IS NOT NULL
      AND (NOT listed OR min_price IS DISTINCT FROM accepted_min_price) AS d_min_price,
    desired_state = 'active' AND warranty_delay IS NOT NULL AND (NOT listed
      OR warranty_delay IS DISTINCT FROM accepted_warranty_delay) AS d_warranty,
    desired_state = 'active' AND comment IS NOT NULL
      AND (NOT listed OR comment IS DISTINCT FROM accepted_comment) AS d_comment,
    desired_state = 'active' AND shipping IS NOT NULL
      AND (NOT listed OR shipping IS DISTINCT FROM accepted_shipping) AS d_shipping
  FROM compared
)"""

# 2. what is to be done with it
_JUDGED = """
judged AS NOT MATERIALIZED (
  SELECT *,
    CASE
      WHEN desired_state = 'absent' AND sold_elsewhere AND NOT d_quantity THEN 'held'
      WHEN desired_state = 'active' AND awaits_product THEN 'held'
      WHEN other_goods AND NOT goes_down THEN 'rejected'
      WHEN desired_state = 'active' AND quarantined AND NOT goes_down THEN 'held'
      WHEN desired_state = 'active' AND resting AND NOT goes_down THEN 'nothing'
      WHEN desired_state = 'retained' AND NOT goes_down THEN 'nothing'
      WHEN d_quantity OR d_price OR d_min_price OR d_warranty OR d_comment
           OR d_shipping THEN 'send'
      ELSE 'nothing'
    END AS judgement,
    CASE
      WHEN in_error THEN 'in_error'
      WHEN desired_state = 'absent' THEN 'disappeared'
      WHEN NOT listed THEN 'new'
      ELSE 'modified'
    END AS reason,
    CASE
      WHEN goes_down OR (desired_state = 'absent' AND NOT d_quantity) THEN {stock_down}
      WHEN in_error THEN {repeat}
      WHEN NOT listed THEN {new}
      WHEN d_price THEN {price}
      WHEN d_quantity THEN {stock_up}
      ELSE {content}
    END AS urgency,
    -- a row that is invalid now, names other goods or is quarantined may only lower
    -- its stock
    desired_state = 'retained' OR other_goods OR quarantined AS only_stock
  FROM differing {fence}
)"""

# 3. in which order, through which method. What protects from overselling is a group of
# its own: few such updates go one by one at once, however many others there are.
_RANKED = """
chosen AS (
  SELECT *, false AS stays FROM parted
   WHERE :some_before AND verdict = 'send' AND lane < :last_lane
  UNION ALL
  (SELECT *, false AS stays FROM parted
    WHERE :some_last AND verdict = 'send' AND lane = :last_lane
    ORDER BY sku_key LIMIT :of_last)
  UNION ALL
  SELECT *, true AS stays FROM parted
   WHERE :some_not_sent AND (verdict IN ('held', 'rejected') OR split)
),
ranked AS (
  SELECT *, row_number() OVER (ORDER BY stays, lane, sku_key) AS seq,
         CASE WHEN stays THEN urgency ELSE lane END AS told_lane,
         CASE WHEN stays THEN d_price AND NOT only_stock ELSE p_price END AS f_price,
         CASE WHEN stays THEN d_min_price AND NOT only_stock
              ELSE p_min_price END AS f_min_price,
         d_quantity AND NOT (stays AND split) AS f_quantity,
         CASE WHEN NOT stays THEN p_content
              WHEN split THEN NOT only_stock AND price_code = 'below_floor'
              ELSE NOT only_stock END AS f_content
    FROM chosen
),
allowed AS (
  SELECT *, NOT stays AND seq <= :lines
           - CASE WHEN lane = {stock_down} THEN 0 ELSE :reserve END AS goes,
         CASE WHEN NOT listed THEN 2 WHEN lane = {stock_down} THEN 0 ELSE 1 END
           AS company
    FROM ranked
),
grouped AS (
  SELECT *, count(*) OVER (PARTITION BY goes, company) AS size,
         row_number() OVER (PARTITION BY goes, company ORDER BY seq) AS place
    FROM allowed
),
routed AS (
  SELECT *, CASE WHEN goes AND listed AND known AND size <= :single_max
                 THEN 'single' WHEN goes THEN 'batch' END AS method
    FROM grouped
)"""

BEHIND_LOWERED_STOCK = 10_000_000
"""Calls of offers that have a lower number lower stock and do nothing else."""
# Dispatches, in the order of sending: lowered stock, other updates, creations; in each
# one per single update, then batches.
_INSERT = """
INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, method, submission,
                    before, after, fingerprint, outcome, code, warnings)
SELECT :publication, seq, sku_key, sku, reason, told_lane, method,
       company * 10000000
         + CASE method WHEN 'single' THEN place
                     WHEN 'batch' THEN 5000000 + (place - 1) / :batch_lines END,
       CASE WHEN listed THEN jsonb_strip_nulls(jsonb_build_object(
         'price', CASE WHEN f_price THEN accepted_price::text END,
         'quantity', CASE WHEN f_quantity OR desired_state = 'absent'
                          THEN accepted_quantity END,
         'min_price', CASE WHEN f_min_price THEN accepted_min_price::text END,
         'warranty_delay', CASE WHEN d_warranty AND f_content
                                THEN accepted_warranty_delay END,
         'comment', CASE WHEN d_comment AND f_content THEN accepted_comment END,
         'shipping', CASE WHEN d_shipping AND f_content
                          THEN accepted_shipping::jsonb END,
         'ean', CASE WHEN verdict = 'rejected' THEN listed_ean END,
         'grade', CASE WHEN verdict = 'rejected' THEN listed_grade END))
       ELSE '{}'::jsonb END,
       jsonb_strip_nulls(jsonb_build_object(
         'price', CASE WHEN f_price THEN price::text END,
         'quantity', CASE WHEN verdict = 'held' AND desired_state = 'absent' THEN 0
                          WHEN f_quantity THEN target END,
         'min_price', CASE WHEN f_min_price THEN min_price::text END,
         'warranty_delay', CASE WHEN d_warranty AND f_content THEN warranty_delay END,
         'comment', CASE WHEN d_comment AND f_content THEN comment END,
         'shipping', CASE WHEN d_shipping AND f_content THEN shipping::jsonb END,
         'ean', CASE WHEN NOT listed OR verdict = 'rejected' THEN ean END,
         'grade', CASE WHEN NOT listed OR verdict = 'rejected' THEN grade END,
         'product_id', CASE WHEN NOT listed THEN product_id END,
         'new_battery', CASE WHEN NOT listed THEN new_battery END)),
       fingerprint,
       CASE WHEN goes THEN 'planned' WHEN NOT stays THEN 'deferred'
            WHEN split THEN 'held' ELSE verdict END,
       CASE WHEN goes THEN NULL WHEN NOT stays THEN 'line_budget'
            WHEN zero_code IS NOT NULL THEN zero_code
            WHEN price_code IS NOT NULL THEN price_code
            WHEN verdict = 'held' AND awaits_product THEN 'awaiting_product'
            WHEN desired_state = 'active' AND quarantined AND verdict = 'held'
                 THEN 'quarantined'
            WHEN verdict = 'held' THEN 'active_in_sibling_store'
            ELSE 'identity_mismatch' END,
       CASE WHEN f_price AND price > max_price THEN ARRAY['above_max_price'] END
  FROM routed
"""

# Only what is online or has a cost can be held. The rest is counted without asking; a
# first load, which only has new offers, without comparing either, unless other stores
# of the account have their say.
_GUARDED = "AND (o.listed OR o.cost IS NOT NULL)"
_UNGUARDED = "AND NOT o.listed AND o.cost IS NULL"
_PLAINLY_NEW = """o.desired_state = 'active' AND NOT o.listed AND NOT o.in_error
                AND o.cost IS NULL"""
_COUNTS = f"""
SELECT reason, verdict, lane, count(*) AS changes,
       count(*) FILTER (WHERE split) AS also_held,
       count(*) FILTER (WHERE zeroes AND NOT zero_decided) AS zeroing,
       count(*) FILTER (WHERE reprices AND NOT price_decided
         AND moved * 100 > base_price * CAST(:wave_move AS numeric)) AS moving,
       {DIGEST} AS digest
  FROM parted WHERE verdict <> 'nothing' GROUP BY 1, 2, 3
"""  # noqa: S608 - constants
_SENT_AS_A_WHOLE = """hashint8extended(fingerprint,
             coalesce({target}, -1)::bigint * 2 + in_error::int)"""
"""A new offer's fingerprint names its content."""
_PLAIN_COUNTS = f"""
SELECT reason, judgement, urgency, count(*), 0, 0, 0,
       sum(CASE WHEN judgement = 'send'
                THEN {_SENT_AS_A_WHOLE.format(target="target")} END)
  FROM judged WHERE judgement <> 'nothing' GROUP BY 1, 2, 3
"""  # noqa: S608 - constants
COUNT_NEW = f"""
SELECT 'new' AS reason, 'send' AS verdict, {int(Lane.NEW)} AS lane,
       count(*) FILTER (WHERE {_PLAINLY_NEW}) AS changes,
       0 AS also_held, 0 AS zeroing, 0 AS moving,
       sum({_SENT_AS_A_WHOLE.format(target="quantity")})
         FILTER (WHERE {_PLAINLY_NEW}) AS digest,
       count(*) AS dirty
  FROM offer AS o WHERE o.store_id = :store AND o.dirty
"""  # noqa: S608 - constants
"""One look tells of a first load that there is nothing but new offers in it."""


_LOWERS = """
SELECT EXISTS (SELECT 1 FROM parted WHERE verdict = 'send' AND lane = {stock_down}
                  AND NOT in_error)
"""


def _differences(*, shared: bool, urgent: bool, which: str, fence: str) -> list[str]:
    return [
        _COMPARED.format(
            elsewhere=_ELSEWHERE if shared else _NOBODY_ELSE,
            target=_SHARED_TARGET if shared else _OWN_TARGET,
            which=f"{which} {_NOT_IN_FLIGHT}" if urgent else which,
            quarantined=QUARANTINED,
            resting=RESTING,
        ).strip(),
        _DIFFERS.strip(),
        _JUDGED.format(**LANES, fence=fence).strip(),
    ]


def _chain(steps: list[str]) -> str:
    return "WITH " + ",\n".join(steps)


def counting(*, shared: bool, holds: bool, repairs: bool, urgent: bool = False) -> str:
    """How many changes there are, by reason, verdict and lane, and their digest.

    Without those of `COUNT_NEW` where stock is not shared; else a group may come in
    two rows.
    """
    which = _GUARDED if shared else f"AND NOT ({_PLAINLY_NEW})"
    steps = _differences(shared=shared, urgent=urgent, which=which, fence=FENCE)
    steps += guarding(LANES, FENCE, holds=holds, repairs=repairs)
    guarded = _chain(steps) + _COUNTS
    if not shared:
        return guarded
    plain = _differences(shared=shared, urgent=urgent, which=_UNGUARDED, fence="")
    return f"({guarded}) UNION ALL ({_chain(plain)}{_PLAIN_COUNTS})"


def lowering(*, shared: bool, holds: bool, repairs: bool) -> str:
    """Whether stock is to be lowered that no run is sending yet, nor was refused."""
    steps = _differences(shared=shared, urgent=True, which=_GUARDED, fence="")
    steps += guarding(LANES, "", holds=holds, repairs=repairs)
    return _chain(steps) + _LOWERS.format(**LANES)


def writing(
    *, shared: bool, holds: bool, repairs: bool, walk: bool, urgent: bool = False
) -> str:
    """The changes to be sent, and as many others as are listed, into `change`."""
    fence = f"ORDER BY sku_key {FENCE}" if walk else FENCE
    steps = _differences(shared=shared, urgent=urgent, which="", fence=fence)
    steps += guarding(LANES, fence, holds=holds, repairs=repairs)
    return _chain([*steps, _RANKED.format(**LANES).strip()]) + _INSERT
