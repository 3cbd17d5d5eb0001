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
-- The live quantity is lowered with each sale. `units`: sold about when it was accepted,
-- by either clock, so that the listing may be lower; `later`: sold after reading began,
-- so that the listing may have been read before.
INSERT INTO sold
SELECT o.sku_key,
       coalesce(sum(b.units) FILTER (WHERE b.sold_at <= o.live_quantity_at), 0),
       coalesce(sum(b.units) FILTER (WHERE b.sold_at >= :since - :clock_skew), 0)
  FROM seen AS s
  JOIN offer_view AS o ON o.store_id = :store AND o.sku_key = s.sku_key
  JOIN sale_view AS b ON b.account_id = :account AND b.sku_key = o.sku_key
   AND b.sold_at >= least(o.live_quantity_at, :since) - :clock_skew
 WHERE s.quantity <> o.live_quantity
 GROUP BY o.sku_key
