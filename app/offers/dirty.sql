-- name: dirty
-- When an offer may differ from what Back Market last accepted: the computed column
-- `offer.dirty`. A field that the store does not map (NULL) is not managed and is no
-- difference. Never NULL. tests/test_migrations.py compares it with the migrated column.
CASE
  WHEN desired_state = 'active' THEN NOT listed
    OR price IS DISTINCT FROM live_price
    OR CASE WHEN quantity IS NOT NULL
         THEN GREATEST(LEAST(quantity, quantity_limit) - units_sold, 0) ELSE NULL::integer END
       IS DISTINCT FROM live_quantity
    OR (min_price IS NOT NULL AND min_price IS DISTINCT FROM live_min_price)
    OR (warranty_delay IS NOT NULL
        AND warranty_delay IS DISTINCT FROM live_warranty_delay)
    OR (comment IS NOT NULL AND comment IS DISTINCT FROM live_comment)
    OR (shipping IS NOT NULL AND shipping IS DISTINCT FROM live_shipping)
    OR (live_ean IS NOT NULL AND ean IS DISTINCT FROM live_ean)
    OR (live_grade IS NOT NULL AND grade IS DISTINCT FROM live_grade)
    OR (coalesce(lower(product_id) <> lower(live_product_id), false)
        AND product_id IS DISTINCT FROM backmarket_id::text)
  WHEN desired_state = 'retained' THEN
    listed AND quantity IS NOT NULL
    AND coalesce(
      GREATEST(LEAST(quantity, quantity_limit) - units_sold, 0) < live_quantity, false)
  WHEN desired_state = 'unmatched' THEN false
  ELSE listed AND live_quantity IS DISTINCT FROM 0
END
