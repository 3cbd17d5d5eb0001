-- How many changes a plan has, over the steps of plan.sql.

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
       {{also_held}} AS also_held,
       count(*) FILTER (WHERE zeroes AND NOT zero_decided) AS zeroing,
       count(*) FILTER (WHERE reprices AND NOT price_decided
         AND price_move * 100 > base_price * CAST(:wave_move AS numeric)) AS moving,
       {{digest}} AS digest
  FROM resolved WHERE action <> 'skip' {{or_quantity_held}} GROUP BY 1, 2, 3

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
