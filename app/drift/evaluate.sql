-- name: add_seen
-- The next listings of the snapshot, after those that were evaluated already.
INSERT INTO seen ({{listing_columns}})
SELECT {{listing_columns}} FROM listing_snapshot
 WHERE store_id = :store
   AND sku_key > (SELECT coalesce(evaluated_key, '')
                    FROM drift_check WHERE store_id = :store)
 ORDER BY sku_key LIMIT :most
