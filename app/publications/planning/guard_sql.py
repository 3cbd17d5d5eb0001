"""The SQL of brake and margin guard: which part of a change leaves, which is held.

A change whose price may not leave falls into two parts: the price is held, and what is
safe goes out in the same run. The codes that hold whole groups come from `brake.py`.
"""

from app.stores.settings.margin import FLOOR

_HOLDS = """
  LEFT JOIN hold AS hz ON hz.store_id = :store AND hz.what = 'zero'
    AND hz.sku_key = j.sku_key AND hz.content = j.target::text
  LEFT JOIN hold AS hp ON hp.store_id = :store AND hp.what = 'price'
    AND hp.sku_key = j.sku_key AND hp.content = j.price::text
"""
# `told`: `approved`, or the code that this content was held with before.
_TOLD = """
    CASE WHEN {0}.state = 'approved' AND {0}.expires_at > now() THEN 'approved'
         ELSE {0}.code END AS {1}_told,
    coalesce({0}.state = 'rejected'
      OR {0}.state = 'approved' AND {0}.expires_at > now(), false) AS {1}_decided"""
_NOTHING_TOLD = """
    NULL::text AS {1}_told, false AS {1}_decided"""

# The baseline is what somebody wrote by hand, or what Back Market left as it was. How
# far a price jumps is told from what was accepted before: a repair is no jump.
_DRIFTED = """
  LEFT JOIN offer_check AS k ON k.store_id = :store AND k.sku_key = j.sku_key
    AND k.drift IS NOT NULL AND k.drift ? 'price'
"""
_FROM_OURS = "coalesce((k.drift #>> '{price,ours}')::numeric, j.accepted_price)"
_FROM_BASELINE = "j.accepted_price"

# An offer whose row says 0 itself is sold out, which is true and leaves; unless the
# whole column of quantities is empty.
_WEIGHED = """
weighed AS NOT MATERIALIZED (
  SELECT j.*, {told},
    judgement = 'send' AND goes_down AND target = 0
      AND (desired_state = 'absent'
           OR (:quantity_empty AND desired_state = 'active')) AS zeroes,
    judgement = 'send' AND NOT only_stock AND listed AND d_price
      AND accepted_price > 0 AS reprices,
    {base} AS base_price, abs(j.price - {base}) AS moved,
    judgement = 'send' AND NOT only_stock AND j.price < {floor}
      AND NOT (listed AND goes_down AND NOT (d_price OR d_min_price OR d_warranty
                                             OR d_comment OR d_shipping)) AS too_cheap
  FROM judged AS j {beside}
)"""

_GUARDED = """
guarded AS NOT MATERIALIZED (
  SELECT *,
    CASE WHEN NOT zeroes OR zero_told = 'approved' THEN NULL
         ELSE coalesce(CAST(:zero_code AS text), zero_told) END AS zero_code,
    CASE WHEN too_cheap THEN 'below_floor'
         WHEN NOT reprices OR price_told = 'approved' THEN NULL
         WHEN :price_empty THEN 'brake_column_empty'
         WHEN moved * 100 > base_price * CAST(:jump_percent AS numeric)
              AND moved >= CAST(:jump_amount AS numeric) THEN 'brake_price'
         WHEN :wave AND moved * 100 > base_price * CAST(:wave_move AS numeric)
              THEN 'brake_price_wave'
         ELSE price_told END AS price_code
    FROM weighed {fence}
),
halved AS NOT MATERIALIZED (
  SELECT *, listed AND zero_code IS NULL AND price_code IS NOT NULL
    AND CASE price_code WHEN 'below_floor' THEN goes_down
             ELSE d_quantity OR d_warranty OR d_comment OR d_shipping END AS split
    FROM guarded
),
parted AS NOT MATERIALIZED (
  SELECT *,
    CASE WHEN zero_code IS NOT NULL OR (price_code IS NOT NULL AND NOT split)
         THEN 'held' ELSE judgement END AS verdict,
    CASE WHEN NOT split OR goes_down OR in_error THEN urgency
         WHEN d_quantity THEN {stock_up} ELSE {content} END AS lane,
    d_price AND NOT only_stock AND price_code IS NULL AS p_price,
    d_min_price AND NOT only_stock AND price_code IS NULL AS p_min_price,
    NOT only_stock AND NOT (split AND price_code = 'below_floor') AS p_content
    FROM halved {fence}
)"""
"""`p_`: which fields the part has that leaves."""

# Equal content has an equal sum, in whatever order it is looked at.
DIGEST = """sum(CASE WHEN verdict = 'send' THEN hash_record_extended(ROW(
  sku_key, reason, CASE WHEN p_price THEN price END,
  CASE WHEN d_quantity THEN target END,
  CASE WHEN p_min_price THEN min_price END,
  CASE WHEN p_content AND d_warranty THEN warranty_delay END,
  CASE WHEN p_content AND d_comment THEN comment END,
  CASE WHEN p_content AND d_shipping THEN shipping END,
  CASE WHEN NOT listed THEN ean END, CASE WHEN NOT listed THEN grade END,
  CASE WHEN NOT listed THEN product_id END,
  CASE WHEN NOT listed THEN new_battery END), 0) END)"""


def guarding(
    lanes: dict[str, int], fence: str, *, holds: bool, repairs: bool
) -> list[str]:
    """The steps from `judged` to `parted`.

    `holds`: whether the store has some; `repairs`: whether listings of it have drifted.
    """
    told = _TOLD if holds else _NOTHING_TOLD
    weighed = _WEIGHED.format(
        told=told.format("hz", "zero") + "," + told.format("hp", "price"),
        beside=(_HOLDS if holds else "") + (_DRIFTED if repairs else ""),
        base=_FROM_OURS if repairs else _FROM_BASELINE,
        floor=FLOOR,
    )
    return [weighed.strip(), _GUARDED.format(**lanes, fence=fence).strip()]
