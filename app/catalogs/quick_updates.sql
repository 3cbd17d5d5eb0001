-- name: apply
-- Validates items against the stored offers, stores the valid ones as quick updates
-- and applies them to the offers. Returns the problem code of each item, if any.
WITH given AS (
  SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:quantities AS int[]),
                       CAST(:cents AS bigint[])) AS g (sku_key, quantity, cents)
),
full_catalog AS (
  SELECT coalesce(c.as_of, c.created_at) AS as_of
    FROM store_view AS s JOIN catalog AS c ON c.id = s.current_catalog_id
   WHERE s.id = :store
),
compared AS (
  SELECT g.sku_key, o.fingerprint, g.quantity, g.cents / 100.0 AS price,
         o.desired_state, o.min_price,
         g.quantity IS NOT NULL AND :as_of >= greatest(
           q.quantity_at, (SELECT as_of FROM full_catalog)) IS NOT FALSE
           AS sets_quantity,
         g.cents IS NOT NULL AND :as_of >= greatest(
           q.price_at, (SELECT as_of FROM full_catalog)) IS NOT FALSE AS sets_price
    FROM given AS g
    LEFT JOIN offer_view AS o ON o.store_id = :store AND o.sku_key = g.sku_key
    LEFT JOIN quick_update AS q
           ON q.store_id = :store AND q.sku_key = g.sku_key
),
validated AS (
  SELECT *, CASE
      WHEN desired_state IS NULL THEN 'unknown_sku'
      WHEN desired_state IN ('absent', 'unmatched') OR fingerprint IS NULL
        THEN 'not_for_sale'
      WHEN desired_state = 'retained' AND price IS NOT NULL THEN 'row_invalid'
      WHEN price < min_price THEN 'min_price_above_price'
      WHEN NOT (sets_quantity OR sets_price) THEN 'older_than_known'
    END AS code
    FROM compared
),
stored AS (
  INSERT INTO quick_update AS q (store_id, sku_key, base_fingerprint,
                                 quantity, quantity_at, price, price_at)
  SELECT :store, sku_key, fingerprint,
         CASE WHEN sets_quantity THEN quantity END,
         CASE WHEN sets_quantity THEN CAST(:as_of AS timestamptz) END,
         CASE WHEN sets_price THEN price END,
         CASE WHEN sets_price THEN CAST(:as_of AS timestamptz) END
    FROM validated WHERE code IS NULL ORDER BY sku_key
  ON CONFLICT (store_id, sku_key) DO UPDATE SET
         quantity = CASE WHEN excluded.quantity_at IS NULL THEN q.quantity
                         ELSE excluded.quantity END,
         quantity_at = coalesce(excluded.quantity_at, q.quantity_at),
         price = CASE WHEN excluded.price_at IS NULL THEN q.price
                      ELSE excluded.price END,
         price_at = coalesce(excluded.price_at, q.price_at)
  RETURNING q.*
),
updated AS (
  UPDATE offer AS o SET
         quantity = coalesce(q.quantity, o.quantity),
         price = coalesce(q.price, o.price), fingerprint = {{fingerprint}}
    FROM stored AS q WHERE o.store_id = :store AND o.sku_key = q.sku_key
)
SELECT sku_key, code FROM validated
