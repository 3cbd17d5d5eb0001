-- name: add_seen
-- The next listings of the snapshot, after those that were evaluated already.
INSERT INTO seen ({{listing_columns}})
SELECT {{listing_columns}} FROM listing_snapshot
 WHERE store_id = :store
   AND sku_key > (SELECT coalesce(evaluated_key, '')
                    FROM drift_check WHERE store_id = :store)
 ORDER BY sku_key LIMIT :most

-- name: is_lower
-- Whether a listing shows a lower quantity than Back Market accepted.
SELECT EXISTS (
  SELECT 1 FROM listing_snapshot AS s
    JOIN offer_view AS o ON o.store_id = s.store_id AND o.sku_key = s.sku_key
   WHERE s.store_id = :store AND o.listed AND s.quantity < o.live_quantity)

-- name: add_counts
-- Adds the counts of a part to those of the parts before it.
UPDATE drift_check AS p
   SET evaluated_key = (SELECT max(sku_key) FROM seen),
       counts = (SELECT jsonb_object_agg(key, value::int + CASE
         WHEN p.evaluated_key IS NULL THEN 0
         ELSE coalesce(p.counts ->> key, '0')::int END)
         FROM jsonb_each_text(CAST(:counts AS jsonb)))
 WHERE store_id = :store

-- name: add_sold
-- Units sold since the live quantity was accepted. All lines count, cancelled ones
-- included: explaining too much leaves a stock too low until the next catalog;
-- explaining too little would oversell.
INSERT INTO sold
SELECT o.sku_key, sum(l.quantity) FROM seen AS s
  JOIN offer_view AS o ON o.store_id = :store AND o.sku_key = s.sku_key
  JOIN sales_order_view AS b ON b.account_id = :account
   AND b.created_at >= coalesce(o.live_quantity_at - :clock_skew, '-infinity')
  JOIN sales_order_line_view AS l ON l.order_id = b.id AND lower(l.sku) = o.sku_key
 WHERE s.quantity < o.live_quantity
 GROUP BY o.sku_key
