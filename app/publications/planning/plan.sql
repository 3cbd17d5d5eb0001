-- The plan: what differs from live state, what to do about it, and in which order.
-- One chain of steps serves all statements. Steps are not materialized: where only the
-- first changes of a lane are listed, the rest is never read. The rules are those of
-- "Update mode" (Back Market API). `{{...}}` comes from variants.sql or statements.py.

-- name: compared
-- Each dirty offer with its target quantity and the identity of its listing.
compared AS NOT MATERIALIZED (
  SELECT o.sku_key, o.sku, o.desired_state, o.fingerprint, o.listed, o.in_error,
         {{quarantined}} AS quarantined, {{awaits_retry}} AS awaits_retry,
         :products AND o.in_error AND NOT o.listed
           AND o.error_code = ANY(:product_codes) AS awaits_product,
         o.listing_id IS NOT NULL AS has_listing_id,
         o.ean, o.product_id, o.grade, o.new_battery,
         o.cost, o.cpa, o.max_price, o.price, o.min_price,
         o.warranty_delay, o.comment, o.shipping,
         o.accepted_price, o.accepted_quantity, o.accepted_min_price,
         o.accepted_warranty_delay, o.accepted_comment, o.accepted_shipping,
         CASE WHEN o.listed THEN o.accepted_ean ELSE siblings.ean END AS listed_ean,
         CASE WHEN o.listed THEN o.accepted_grade ELSE siblings.grade END
           AS listed_grade,
         coalesce(siblings.sells, false) AS sold_by_sibling,
         {{target_quantity}} AS target_quantity
    FROM offer_view AS o {{siblings}}
   WHERE o.store_id = :store AND o.dirty AND {{selection}} {{exclusion}}
)

-- name: differing
-- Which fields differ.
differing AS NOT MATERIALIZED (
  SELECT *,
    desired_state = 'active' AND (
      (listed_ean IS NOT NULL AND ean IS DISTINCT FROM listed_ean) OR
      (listed_grade IS NOT NULL AND grade IS DISTINCT FROM listed_grade)
    ) AS identity_mismatch,
    target_quantity IS DISTINCT FROM accepted_quantity OR NOT listed
      AS quantity_differs,
    listed AND target_quantity < accepted_quantity AS lowers_stock,
    desired_state = 'active' AND (NOT listed OR price IS DISTINCT FROM accepted_price)
      AS price_differs,
    desired_state = 'active' AND min_price IS NOT NULL
      AND (NOT listed OR min_price IS DISTINCT FROM accepted_min_price)
      AS min_price_differs,
    desired_state = 'active' AND warranty_delay IS NOT NULL AND (NOT listed
      OR warranty_delay IS DISTINCT FROM accepted_warranty_delay) AS warranty_differs,
    desired_state = 'active' AND comment IS NOT NULL
      AND (NOT listed OR comment IS DISTINCT FROM accepted_comment) AS comment_differs,
    desired_state = 'active' AND shipping IS NOT NULL
      AND (NOT listed OR shipping IS DISTINCT FROM accepted_shipping)
      AS shipping_differs
  FROM compared
)

-- name: decided
-- The action for each offer, before brake and margin guard. With `stock_only`, only
-- lowered stock may be sent: the row is invalid, has another identity or is quarantined.
decided AS NOT MATERIALIZED (
  SELECT *,
    CASE
      WHEN desired_state = 'absent' AND sold_by_sibling AND NOT quantity_differs
        THEN 'hold'
      WHEN desired_state = 'active' AND awaits_product THEN 'hold'
      WHEN identity_mismatch AND NOT lowers_stock THEN 'reject'
      WHEN desired_state = 'active' AND quarantined AND NOT lowers_stock THEN 'hold'
      WHEN desired_state = 'active' AND awaits_retry AND NOT lowers_stock THEN 'skip'
      WHEN desired_state = 'retained' AND NOT lowers_stock THEN 'skip'
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
    desired_state = 'retained' OR identity_mismatch OR quarantined AS stock_only
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
      AND accepted_price > 0 AS reprices,
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

-- name: digest
-- Equal content has an equal sum, in whatever order it is read.
sum(CASE WHEN action = 'send' THEN hash_record_extended(ROW(
  sku_key, reason, CASE WHEN sends_price THEN price END,
  CASE WHEN quantity_differs THEN target_quantity END,
  CASE WHEN sends_min_price THEN min_price END,
  CASE WHEN sends_content AND warranty_differs THEN warranty_delay END,
  CASE WHEN sends_content AND comment_differs THEN comment END,
  CASE WHEN sends_content AND shipping_differs THEN shipping END,
  CASE WHEN NOT listed THEN ean END, CASE WHEN NOT listed THEN grade END,
  CASE WHEN NOT listed THEN product_id END,
  CASE WHEN NOT listed THEN new_battery END), 0) END)

-- name: count
-- How many changes there are by reason, action and lane, and their digest.
{{resolutions}}
SELECT reason, action, lane, count(*) AS changes,
       count(*) FILTER (WHERE split) AS also_held,
       count(*) FILTER (WHERE zeroes AND NOT zero_decided) AS zeroing,
       count(*) FILTER (WHERE reprices AND NOT price_decided
         AND price_move * 100 > base_price * CAST(:wave_move AS numeric)) AS moving,
       {{digest}} AS digest
  FROM resolved WHERE action <> 'skip' GROUP BY 1, 2, 3

-- name: count_unguarded
-- The same for offers that cannot be held. A new offer's fingerprint names its content.
{{decisions}}
SELECT reason, offer_action, offer_lane, count(*), 0, 0, 0,
       sum(CASE WHEN offer_action = 'send'
                THEN hashint8extended(fingerprint,
                  coalesce(target_quantity, -1)::bigint * 2 + in_error::int) END)
  FROM decided WHERE offer_action <> 'skip' GROUP BY 1, 2, 3

-- name: count_new
-- New offers that are sent as a whole, without comparing. One read of a first load
-- shows that it has nothing else.
SELECT 'new' AS reason, 'send' AS action, {{lane_new}} AS lane,
       count(*) FILTER (WHERE {{plainly_new}}) AS changes,
       0 AS also_held, 0 AS zeroing, 0 AS moving,
       sum(hashint8extended(fingerprint,
             coalesce(quantity, -1)::bigint * 2 + in_error::int))
         FILTER (WHERE {{plainly_new}}) AS digest,
       count(*) AS dirty
  FROM offer_view AS o WHERE o.store_id = :store AND o.dirty

-- name: lowers_stock
-- Whether a priority run would have something to send that was not refused.
{{resolutions}}
SELECT EXISTS (SELECT 1 FROM resolved WHERE action = 'send'
                  AND lane = {{lane_stock_down}} AND NOT in_error)

-- name: write
-- Writes the changes to send, and as many others as are listed, into `change`. Lowered
-- stock is a group of its own: few such updates are sent one by one at once, however
-- many others there are. Submissions are numbered in the order of sending: lowered
-- stock, other updates, creations; in each group single updates, then batches.
{{resolutions}},
chosen AS (
  SELECT *, false AS not_sent FROM resolved
   WHERE :some_before AND action = 'send' AND lane < :last_lane
  UNION ALL
  (SELECT *, false AS not_sent FROM resolved
    WHERE :some_last AND action = 'send' AND lane = :last_lane
    ORDER BY sku_key LIMIT :of_last)
  UNION ALL
  SELECT *, true AS not_sent FROM resolved
   WHERE :some_not_sent AND (action IN ('hold', 'reject') OR split)
),
ranked AS (
  SELECT *, row_number() OVER (ORDER BY not_sent, lane, sku_key) AS seq,
         CASE WHEN not_sent THEN offer_lane ELSE lane END AS change_lane,
         CASE WHEN not_sent THEN price_differs AND NOT stock_only
              ELSE sends_price END AS has_price,
         CASE WHEN not_sent THEN min_price_differs AND NOT stock_only
              ELSE sends_min_price END AS has_min_price,
         quantity_differs AND NOT (not_sent AND split) AS has_quantity,
         CASE WHEN NOT not_sent THEN sends_content
              WHEN split THEN NOT stock_only AND price_code = 'below_floor'
              ELSE NOT stock_only END AS has_content
    FROM chosen
),
budgeted AS (
  SELECT *, NOT not_sent AND seq <= :lines
           - CASE WHEN lane = {{lane_stock_down}} THEN 0 ELSE :reserve END AS planned,
         CASE WHEN NOT listed THEN 2 WHEN lane = {{lane_stock_down}} THEN 0 ELSE 1 END
           AS submission_group
    FROM ranked
),
grouped AS (
  SELECT *, count(*) OVER (PARTITION BY planned, submission_group) AS group_size,
         row_number() OVER (PARTITION BY planned, submission_group ORDER BY seq)
           AS group_position
    FROM budgeted
),
with_method AS (
  SELECT *, CASE WHEN planned AND listed AND has_listing_id
                      AND group_size <= :single_max THEN 'single'
                 WHEN planned THEN 'batch' END AS method
    FROM grouped
)
INSERT INTO change (publication_id, seq, sku_key, sku, reason, lane, method, submission,
                    before, after, fingerprint, outcome, code, warnings)
SELECT :publication, seq, sku_key, sku, reason, change_lane, method,
       submission_group * {{group_submissions}}
         + CASE method WHEN 'single' THEN group_position
                     WHEN 'batch' THEN {{group_submissions}} / 2
                                       + (group_position - 1) / :batch_lines END,
       CASE WHEN listed THEN jsonb_strip_nulls(jsonb_build_object(
         'price', CASE WHEN has_price THEN accepted_price::text END,
         'quantity', CASE WHEN has_quantity OR desired_state = 'absent'
                          THEN accepted_quantity END,
         'min_price', CASE WHEN has_min_price THEN accepted_min_price::text END,
         'warranty_delay', CASE WHEN warranty_differs AND has_content
                                THEN accepted_warranty_delay END,
         'comment', CASE WHEN comment_differs AND has_content
                         THEN accepted_comment END,
         'shipping', CASE WHEN shipping_differs AND has_content
                          THEN accepted_shipping::jsonb END,
         'ean', CASE WHEN action = 'reject' THEN listed_ean END,
         'grade', CASE WHEN action = 'reject' THEN listed_grade END))
       ELSE '{}'::jsonb END,
       jsonb_strip_nulls(jsonb_build_object(
         'price', CASE WHEN has_price THEN price::text END,
         'quantity', CASE WHEN action = 'hold' AND desired_state = 'absent' THEN 0
                          WHEN has_quantity THEN target_quantity END,
         'min_price', CASE WHEN has_min_price THEN min_price::text END,
         'warranty_delay', CASE WHEN warranty_differs AND has_content
                                THEN warranty_delay END,
         'comment', CASE WHEN comment_differs AND has_content THEN comment END,
         'shipping', CASE WHEN shipping_differs AND has_content
                          THEN shipping::jsonb END,
         'ean', CASE WHEN NOT listed OR action = 'reject' THEN ean END,
         'grade', CASE WHEN NOT listed OR action = 'reject' THEN grade END,
         'product_id', CASE WHEN NOT listed THEN product_id END,
         'new_battery', CASE WHEN NOT listed THEN new_battery END)),
       fingerprint,
       CASE WHEN planned THEN 'planned' WHEN NOT not_sent THEN 'deferred'
            WHEN split OR action = 'hold' THEN 'held' ELSE 'rejected' END,
       CASE WHEN planned THEN NULL WHEN NOT not_sent THEN 'line_budget'
            WHEN zero_code IS NOT NULL THEN zero_code
            WHEN price_code IS NOT NULL THEN price_code
            WHEN action = 'hold' AND awaits_product THEN 'awaiting_product'
            WHEN desired_state = 'active' AND quarantined AND action = 'hold'
                 THEN 'quarantined'
            WHEN action = 'hold' THEN 'active_in_sibling_store'
            ELSE 'identity_mismatch' END,
       CASE WHEN has_price AND price > max_price THEN ARRAY['above_max_price'] END
  FROM with_method
