-- name: awaited
-- Accepted changes of the run whose listing is read back before it ends.
SELECT c.seq, c.sku_key, coalesce(o.live_sku, c.sku) AS sku, o.listing_id,
       array_to_string(ARRAY(SELECT jsonb_object_keys(c.after)), ' ') AS fields
  FROM change AS c
  LEFT JOIN LATERAL (
    SELECT drift FROM offer_check_view
     WHERE store_id = :store AND sku_key = c.sku_key OFFSET 0) AS k ON true
 CROSS JOIN LATERAL (
    SELECT listing_id, live_sku FROM offer_view
     WHERE store_id = :store AND sku_key = c.sku_key OFFSET 0) AS o
 WHERE c.publication_id = :publication AND c.outcome = 'accepted'
   AND c.confirmed_at IS NULL
   AND (c.after ? 'grade' OR c.after ->> 'quantity' = '0'
        OR k.drift IS NOT NULL)
 ORDER BY c.seq LIMIT :most
