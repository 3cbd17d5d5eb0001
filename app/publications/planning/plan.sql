-- The steps of a plan: what differs from live state, and what to do about it. One chain
-- of steps serves the statements of plan_counts.sql and plan_write.sql. Steps are not
-- materialized: where only the first changes of a lane are listed, the rest is never
-- read. The rules are those of "Update mode" (Back Market API). `{{...}}` comes from
-- variants.sql or statements.py.

-- name: compared
-- Each dirty offer with its target quantity and the identity of its listing.
compared AS NOT MATERIALIZED (
  SELECT o.sku_key, o.sku, {{desired_state}} AS desired_state, o.fingerprint, o.listed, o.in_error,
         {{quarantined}} AS quarantined, {{awaits_retry}} AS awaits_retry,
         :products AND o.in_error AND NOT o.listed
           AND o.error_code = ANY(:product_codes) AS awaits_product,
         o.listing_id IS NOT NULL AS has_listing_id,
         o.ean, o.product_id, o.grade, o.new_battery,
         o.cost, o.cpa, o.max_price, o.price, o.min_price,
         o.warranty_delay, o.comment, o.shipping,
         o.live_price, o.live_quantity, o.live_min_price,
         o.live_warranty_delay, o.live_comment, o.live_shipping,
         coalesce(o.live_product_id, o.backmarket_id::text) AS listed_product,
         CASE WHEN o.listed THEN o.live_ean ELSE siblings.ean END AS listed_ean,
         CASE WHEN o.listed THEN o.live_grade ELSE siblings.grade END
           AS listed_grade,
         coalesce(o.listed AND lower(o.product_id) <> lower(o.live_product_id)
           AND o.product_id IS DISTINCT FROM o.backmarket_id::text, false)
           AS other_product,
         coalesce(siblings.sells, false) AS sold_by_sibling,
         {{target_quantity}} AS target_quantity,
         {{other_market}} AS other_market
    FROM offer_view AS o {{siblings}}
   WHERE o.store_id = :store AND {{differs}} AND {{selection}} {{other_market_fence}}
)

-- name: differing
-- Which fields differ. The quantity of a listing that is online in other markets is
-- `withheld`: it does not count as different.
differing AS NOT MATERIALIZED (
  SELECT *,
    desired_state = 'active' AND (
      (listed_ean IS NOT NULL AND ean IS DISTINCT FROM listed_ean) OR
      (listed_grade IS NOT NULL AND grade IS DISTINCT FROM listed_grade)
      OR other_product) AS identity_mismatch,
    desired_state = 'active' AND listed
      AND (other_product OR grade <> listed_grade) AS other_listing,
    NOT listed OR (target_quantity IS DISTINCT FROM live_quantity
                   AND {{not_in_flight}} AND NOT other_market) AS quantity_differs,
    listed AND target_quantity < live_quantity AND {{not_in_flight}}
      AND NOT other_market AS lowers_stock,
    other_market AND (NOT listed OR (
      target_quantity IS DISTINCT FROM live_quantity AND {{not_in_flight}}
      AND (desired_state <> 'retained' OR target_quantity < live_quantity)))
      AS withheld,
    desired_state = 'active' AND (NOT listed OR price IS DISTINCT FROM live_price)
      AS price_differs,
    desired_state = 'active' AND min_price IS NOT NULL
      AND (NOT listed OR min_price IS DISTINCT FROM live_min_price)
      AS min_price_differs,
    desired_state = 'active' AND warranty_delay IS NOT NULL AND (NOT listed
      OR warranty_delay IS DISTINCT FROM live_warranty_delay) AS warranty_differs,
    desired_state = 'active' AND comment IS NOT NULL
      AND (NOT listed OR comment IS DISTINCT FROM live_comment) AS comment_differs,
    desired_state = 'active' AND shipping IS NOT NULL
      AND (NOT listed OR shipping IS DISTINCT FROM live_shipping)
      AS shipping_differs
  FROM compared
)

-- name: decided
-- The action for each offer, before brake and margin guard. Nothing is sent to a listing
-- of another grade or product. With `stock_only`, only lowered stock may be sent: the row
-- is invalid, has another EAN or is quarantined.
decided AS NOT MATERIALIZED (
  SELECT *,
    CASE
      WHEN desired_state = 'absent' AND sold_by_sibling AND NOT quantity_differs
           AND NOT withheld THEN 'hold'
      WHEN desired_state = 'active' AND awaits_product THEN 'hold'
      WHEN other_listing OR (identity_mismatch AND NOT lowers_stock) THEN 'reject'
      WHEN desired_state = 'active' AND quarantined AND NOT lowers_stock THEN 'hold'
      WHEN desired_state = 'active' AND awaits_retry AND NOT lowers_stock THEN 'skip'
      WHEN desired_state = 'retained' AND NOT lowers_stock THEN 'skip'
      WHEN NOT listed AND withheld THEN 'hold'
      WHEN quantity_differs OR price_differs OR min_price_differs OR warranty_differs
           OR comment_differs OR shipping_differs THEN 'send'
      ELSE 'skip'
    END AS offer_action,
    CASE
      WHEN in_error THEN 'in_error'
      WHEN desired_state = 'absent' THEN 'disappeared'
      WHEN NOT listed THEN 'new'
      ELSE 'modified'
    END AS reason,
    CASE
      WHEN lowers_stock OR (desired_state = 'absent' AND NOT quantity_differs)
        THEN {{lane_stock_down}}
      WHEN in_error THEN {{lane_repeat}}
      WHEN NOT listed THEN {{lane_new}}
      WHEN price_differs THEN {{lane_price}}
      WHEN quantity_differs THEN {{lane_stock_up}}
      ELSE {{lane_content}}
    END AS offer_lane,
    desired_state = 'retained' OR identity_mismatch OR quarantined AS stock_only,
    withheld AND listed AND NOT other_listing AS quantity_held
  FROM differing {{step_fence}}
)

-- name: weighed
-- What brake and margin guard look at. An offer whose own row says 0 is sold out and is
-- not held, unless the whole quantity column is empty.
weighed AS NOT MATERIALIZED (
  SELECT d.*, {{hold_columns}},
    offer_action = 'send' AND lowers_stock AND target_quantity = 0
      AND (desired_state = 'absent'
           OR (:quantity_empty AND desired_state = 'active')) AS zeroes,
    offer_action = 'send' AND NOT stock_only AND listed AND price_differs
      AND live_price > 0 AS reprices,
    {{base_price}} AS base_price, abs(d.price - {{base_price}}) AS price_move,
    offer_action = 'send' AND NOT stock_only AND d.price < {{floor}}
      AND NOT (listed AND lowers_stock
               AND NOT (price_differs OR min_price_differs OR warranty_differs
                        OR comment_differs OR shipping_differs)) AS below_floor
  FROM decided AS d {{hold_joins}} {{drift_join}}
)

-- name: guarded
-- The codes that hold the quantity or the price. Those of groups come from brake.py.
guarded AS NOT MATERIALIZED (
  SELECT *,
    CASE WHEN NOT zeroes OR zero_hold = 'approved' THEN NULL
         ELSE coalesce(CAST(:zero_code AS text), zero_hold) END AS zero_code,
    CASE WHEN below_floor THEN 'below_floor'
         WHEN NOT reprices OR price_hold = 'approved' THEN NULL
         WHEN :price_empty THEN 'brake_column_empty'
         WHEN price_move * 100 > base_price * CAST(:jump_percent AS numeric)
              AND price_move >= CAST(:jump_amount AS numeric) THEN 'brake_price'
         WHEN :wave AND price_move * 100 > base_price * CAST(:wave_move AS numeric)
              THEN 'brake_price_wave'
         ELSE price_hold END AS price_code
    FROM weighed {{step_fence}}
)

-- name: divided
-- A change whose price is held is split: what is safe is sent, the price is held.
divided AS NOT MATERIALIZED (
  SELECT *, listed AND zero_code IS NULL AND price_code IS NOT NULL
    AND CASE price_code WHEN 'below_floor' THEN lowers_stock
             ELSE quantity_differs OR warranty_differs OR comment_differs
                  OR shipping_differs END AS split
    FROM guarded
)

-- name: resolved
-- The final action, lane and fields of the part that is sent.
resolved AS NOT MATERIALIZED (
  SELECT *,
    CASE WHEN zero_code IS NOT NULL OR (price_code IS NOT NULL AND NOT split)
         THEN 'hold' ELSE offer_action END AS action,
    CASE WHEN NOT split OR lowers_stock OR in_error THEN offer_lane
         WHEN quantity_differs THEN {{lane_stock_up}} ELSE {{lane_content}} END AS lane,
    price_differs AND NOT stock_only AND price_code IS NULL AS sends_price,
    min_price_differs AND NOT stock_only AND price_code IS NULL AS sends_min_price,
    NOT stock_only AND NOT (split AND price_code = 'below_floor') AS sends_content
    FROM divided {{step_fence}}
)

-- name: decisions
WITH {{compared}},
{{differing}},
{{decided}}

-- name: resolutions
{{decisions}},
{{weighed}},
{{guarded}},
{{divided}},
{{resolved}}
