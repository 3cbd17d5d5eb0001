-- Live state of listings that refeed did not create, from `seen` (comparison.sql). A
-- listing without a price in the store's market is not live there ("Live state").

-- name: adopt_named
-- Offers without a listing, whose SKU is on sale: from now on they are modified, not
-- new. One that was never desired (its row has no mapped category, or is excluded) is
-- left alone, as unmatched. The EAN of a listing is not known.
UPDATE offer AS o
   SET desired_state = CASE WHEN o.desired_state = 'absent' AND o.ean IS NULL
                            THEN 'unmatched' ELSE o.desired_state END,
       listed = true, live_at = :since, live_quantity_at = :since,
       live_ean = NULL, live_shipping = NULL, {{live_values}}
  FROM seen AS s
 WHERE o.store_id = :store AND o.sku_key = s.sku_key AND NOT o.listed
   AND s.found AND s.price IS NOT NULL
   AND o.sku_key NOT IN (SELECT sku_key FROM in_flight)
   AND (o.live_at IS NULL OR o.live_at <= :since)

-- name: add_unmatched
-- Listings that no catalog has named.
INSERT INTO offer (store_id, sku_key, sku, desired_state, listed, live_at,
                   live_quantity_at, {{columns}})
SELECT :store, s.sku_key, s.sku, 'unmatched', true, :since, :since, {{values}}
  FROM seen AS s
 WHERE s.found AND s.price IS NOT NULL AND s.sku IS NOT NULL
 ORDER BY s.sku_key
ON CONFLICT (store_id, sku_key) DO NOTHING

-- name: refresh_unmatched
-- What the listings of no catalog show now; one that lost its price is not live.
UPDATE offer AS o
   SET listed = s.found AND s.price IS NOT NULL, live_at = :since,
       live_quantity_at = :since, {{live_values}}
  FROM seen AS s
 WHERE o.store_id = :store AND o.sku_key = s.sku_key
   AND o.desired_state = 'unmatched'

-- name: identify
-- Title and product of listings that refeed created itself.
UPDATE offer AS o
   SET live_title = coalesce(s.title, o.live_title),
       live_product_id = coalesce(s.product_id, o.live_product_id),
       backmarket_id = coalesce(s.backmarket_id, o.backmarket_id)
  FROM seen AS s
 WHERE o.store_id = :store AND o.sku_key = s.sku_key AND o.listed
   AND o.desired_state <> 'unmatched' AND s.found
   AND (coalesce(s.title, o.live_title), coalesce(s.product_id, o.live_product_id),
        coalesce(s.backmarket_id, o.backmarket_id))
       IS DISTINCT FROM (o.live_title, o.live_product_id, o.backmarket_id)

-- name: delete_unmatched
-- Unmatched listings that are not in the account any more.
DELETE FROM offer
 WHERE store_id = :store AND desired_state = 'unmatched' AND live_at < :since
