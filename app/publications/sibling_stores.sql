-- name: stores_to_publish
-- Sibling stores that have to send changed shared stock, because the store `:store` has
-- nothing to send for those SKUs: they are no longer active there.
SELECT s.id FROM store_view AS s
 WHERE s.id = ANY(:siblings) AND s.active AND s.publish_offers AND EXISTS (
   SELECT 1 FROM offer_view AS sibling
     JOIN offer_view AS own ON own.store_id = :store AND own.sku_key = sibling.sku_key
    WHERE sibling.store_id = s.id AND sibling.dirty AND sibling.listed
      AND sibling.desired_state = 'active'
      AND sibling.desired_quantity <> sibling.live_quantity
      AND own.listed AND own.desired_state <> 'active' AND NOT own.dirty)
