-- name: dirty
-- When an offer may differ from what Back Market last accepted: the computed column
-- `offer.dirty`. A field that the store does not map (NULL) is not managed and is no
-- difference. tests/test_migrations.py compares it with the migrated column.
CASE
  WHEN desired_state = 'active' THEN NOT listed
    OR price IS DISTINCT FROM live_price
    OR quantity IS DISTINCT FROM live_quantity
    OR (min_price IS NOT NULL AND min_price IS DISTINCT FROM live_min_price)
    OR (warranty_delay IS NOT NULL
        AND warranty_delay IS DISTINCT FROM live_warranty_delay)
    OR (comment IS NOT NULL AND comment IS DISTINCT FROM live_comment)
    OR (shipping IS NOT NULL AND shipping IS DISTINCT FROM live_shipping)
    OR ean IS DISTINCT FROM live_ean
    OR grade IS DISTINCT FROM live_grade
  WHEN desired_state = 'retained' THEN
    listed AND quantity IS NOT NULL AND quantity < live_quantity
  ELSE listed AND live_quantity > 0
END
