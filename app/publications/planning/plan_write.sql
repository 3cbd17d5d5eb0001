-- Writes the changes of a plan in the order of sending, over the steps of plan.sql.

-- name: write
-- Writes the changes to send, and as many others as are listed, into `change`. Lowered
-- stock is a group of its own: few such updates are sent one by one at once, however
-- many others there are. Submissions are numbered in the order of sending: lowered
-- stock, other updates, creations; in each group single updates, then batches.
{{resolutions}},
chosen AS (
  SELECT *, false AS not_sent, false AS quantity_only FROM resolved
   WHERE :some_before AND action = 'send' AND lane < :last_lane
  UNION ALL
  (SELECT *, false AS not_sent, false AS quantity_only FROM resolved
    WHERE :some_last AND action = 'send' AND lane = :last_lane
    ORDER BY sku_key LIMIT :of_last)
  UNION ALL
  SELECT *, true AS not_sent, false AS quantity_only FROM resolved
   WHERE :some_not_sent AND (action IN ('hold', 'reject') OR split)
  {{held_quantities}}
),
ranked AS (
  SELECT *, row_number() OVER (ORDER BY not_sent, lane, sku_key) AS seq,
         action = 'reject' AND NOT quantity_only AS rejected,
         CASE WHEN quantity_only THEN {{quantity_lane}}
              WHEN not_sent THEN offer_lane ELSE lane END AS change_lane,
         CASE WHEN quantity_only THEN false
              WHEN not_sent THEN price_differs AND NOT stock_only
              ELSE sends_price END AS has_price,
         CASE WHEN quantity_only THEN false
              WHEN not_sent THEN min_price_differs AND NOT stock_only
              ELSE sends_min_price END AS has_min_price,
         quantity_only OR (quantity_differs AND NOT (not_sent AND split))
           AS has_quantity,
         CASE WHEN quantity_only THEN false
              WHEN NOT not_sent THEN sends_content
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
         'price', CASE WHEN has_price THEN live_price::text END,
         'quantity', CASE WHEN has_quantity OR desired_state = 'absent'
                          THEN live_quantity END,
         'min_price', CASE WHEN has_min_price THEN live_min_price::text END,
         'warranty_delay', CASE WHEN warranty_differs AND has_content
                                THEN live_warranty_delay END,
         'comment', CASE WHEN comment_differs AND has_content
                         THEN live_comment END,
         'shipping', CASE WHEN shipping_differs AND has_content
                          THEN live_shipping::jsonb END,
         'ean', CASE WHEN rejected THEN listed_ean END,
         'grade', CASE WHEN rejected THEN listed_grade END,
         'product_id', CASE WHEN rejected AND other_product
                            THEN listed_product END))
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
         'ean', CASE WHEN NOT listed OR rejected THEN ean END,
         'grade', CASE WHEN NOT listed OR rejected THEN grade END,
         'product_id', CASE WHEN NOT listed OR (rejected AND other_product)
                            THEN product_id END,
         'new_battery', CASE WHEN NOT listed THEN new_battery END)),
       fingerprint,
       CASE WHEN planned THEN 'planned' WHEN NOT not_sent THEN 'deferred'
            WHEN rejected THEN 'rejected' ELSE 'held' END,
       CASE WHEN planned THEN NULL WHEN NOT not_sent THEN 'line_budget'
            WHEN quantity_only THEN {{other_market_code}}
            WHEN zero_code IS NOT NULL THEN zero_code
            WHEN price_code IS NOT NULL THEN price_code
            WHEN action = 'hold' AND awaits_product THEN 'awaiting_product'
            WHEN desired_state = 'active' AND quarantined AND action = 'hold'
                 THEN 'quarantined'
            WHEN action = 'hold' AND withheld THEN {{other_market_code}}
            WHEN action = 'hold' THEN 'active_in_sibling_store'
            ELSE 'identity_mismatch' END,
       CASE WHEN has_price AND price > max_price THEN ARRAY['above_max_price'] END
  FROM with_method
