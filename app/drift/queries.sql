-- name: drift
-- Drifted fields of a store by SKU and field, after a position.
SELECT k.sku_key, o.sku, e.key AS field, e.value AS entry
  FROM offer_check_view AS k
  JOIN offer_view AS o ON o.store_id = k.store_id AND o.sku_key = k.sku_key,
       jsonb_each(k.drift) AS e
 WHERE k.store_id = :store AND k.drift IS NOT NULL
   AND k.sku_key >= :sku_key AND (k.sku_key, e.key COLLATE "C") > (:sku_key, :field)
   AND (CAST(:kind AS text) IS NULL OR e.value ->> 'kind' = :kind)
 ORDER BY k.sku_key, e.key COLLATE "C" LIMIT :limit
