-- name: mark_too_late
-- Product updates that arrived after the validation of their product.
WITH late AS (
  UPDATE change AS c SET outcome = 'unconfirmed', code = 'product_validated'
    FROM offer_view AS o
   WHERE c.publication_id = :publication AND c.outcome = 'accepted'
     AND c.after ? 'product' AND NOT c.after ? 'grade'
     AND o.store_id = :store AND o.sku_key = c.sku_key
     AND o.publication_state IS DISTINCT FROM :waiting
  RETURNING c.sku_key, c.before -> 'product' AS before
)
UPDATE submitted_product AS t SET product = t.product || late.before FROM late
 WHERE t.store_id = :store AND t.sku_key = late.sku_key
