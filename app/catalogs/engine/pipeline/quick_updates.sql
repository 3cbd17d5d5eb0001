-- name: fingerprint
-- Fingerprint of an offer with a quick update `q`; changes with every update.
hashtextextended(concat_ws('|', q.quantity::text,
    q.quantity_at::text, q.price::text, q.price_at::text), q.base_fingerprint)

-- name: clear_older_values
-- Clears the values that are older than a catalog; `named` limits it to some SKUs.
UPDATE quick_update SET
  quantity = CASE WHEN quantity_at >= %(as_of)s THEN quantity END,
  quantity_at = CASE WHEN quantity_at >= %(as_of)s THEN quantity_at END,
  price = CASE WHEN price_at >= %(as_of)s THEN price END,
  price_at = CASE WHEN price_at >= %(as_of)s THEN price_at END
WHERE store_id = %(store)s AND least(quantity_at, price_at) < %(as_of)s
  AND (%(named)s::text[] IS NULL OR sku_key = ANY(%(named)s))

-- name: delete_empty
-- Deletes quick updates without a value.
DELETE FROM quick_update
WHERE store_id = %(store)s AND quantity_at IS NULL AND price_at IS NULL

-- name: set_base_fingerprint
-- Stores the fingerprints of the new catalog rows with the quick updates.
UPDATE quick_update AS q SET base_fingerprint = i.fingerprint FROM incoming AS i
WHERE q.store_id = %(store)s AND q.sku_key = i.sku_key AND i.fingerprint IS NOT NULL

-- name: override_incoming
-- Overrides the rows to write with the values of quick updates.
UPDATE incoming AS i SET
  quantity = coalesce(q.quantity, i.quantity),
  price = coalesce(q.price, i.price),
  fingerprint = {{fingerprint}}
FROM quick_update AS q
WHERE q.store_id = %(store)s AND q.sku_key = i.sku_key
  AND i.desired_state IN ('active', 'retained')
