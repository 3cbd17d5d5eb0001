-- name: rejected_changes
-- Changes that were rejected, or whose offer is in quarantine.
SELECT c.sku_key, CASE c.outcome WHEN 'held' THEN o.error_code ELSE c.code END,
       CASE c.outcome WHEN 'held' THEN o.error_message ELSE c.message END
  FROM change AS c
  LEFT JOIN LATERAL (
    SELECT error_code, error_message FROM offer_view
     WHERE store_id = :store AND sku_key = c.sku_key OFFSET 0) AS o ON true
 WHERE c.publication_id = :id
   AND (c.outcome = 'rejected' OR c.outcome = 'held' AND c.code = 'quarantined')
 ORDER BY c.seq LIMIT :most
