-- Errors grouped by cause. Numbers in a message do not make another cause.

-- name: changes_by_cause
-- Changes of a publication that were not accepted.
SELECT coalesce(code, 'refused') AS code, min(message) AS message, count(*) AS n,
       (array_agg(sku ORDER BY seq))[1:5] AS skus
  FROM change
 WHERE publication_id = :id AND outcome IN ('rejected', 'unconfirmed', 'held')
 GROUP BY change.code, regexp_replace(coalesce(message, ''), '\d+', '#', 'g')
 ORDER BY n DESC, 1 LIMIT 200

-- name: offers_by_cause
-- Offers of a store that are in error now.
SELECT coalesce(o.error_code, 'refused') AS code, min(o.error_message) AS message,
       count(*) AS n, count(*) FILTER (WHERE {{quarantined}}) AS quarantined,
       (array_agg(o.sku ORDER BY o.sku_key))[1:5] AS skus,
       min(o.error_at) AS since, min(o.error_retry_at) AS retry_at
  FROM offer_view AS o
 WHERE o.store_id = :store AND o.in_error
 GROUP BY o.error_code, regexp_replace(coalesce(o.error_message, ''), '\d+', '#', 'g')
 ORDER BY n DESC, 1 LIMIT 200
