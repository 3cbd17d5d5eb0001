-- Offers whose listing a drift check did not find.

-- name: store_listings
-- Listings that were read; a later read replaces an earlier one.
INSERT INTO listing_snapshot (store_id, {{listing_columns}})
SELECT :store, t.* FROM unnest({{listing_arrays}}) AS t
ON CONFLICT (store_id, sku_key) DO UPDATE SET {{assignments}}

-- name: absent
  FROM offer_view AS o
 WHERE o.store_id = :store AND o.listed AND o.live_at <= :started
   AND NOT EXISTS (SELECT 1 FROM listing_snapshot AS s
                    WHERE s.store_id = o.store_id AND s.sku_key = o.sku_key)

-- name: candidates
-- The next offers to look up one by one.
SELECT o.sku_key, coalesce(o.live_sku, o.sku) AS sku, o.listing_id {{absent}} ORDER BY o.sku_key LIMIT :most

-- name: missing_twice
-- Not found in two checks in a row: the listing is gone.
INSERT INTO listing_snapshot (store_id, sku_key, found)
SELECT o.store_id, o.sku_key, false {{absent}}
   AND EXISTS (SELECT 1 FROM offer_check_view AS k
                WHERE k.store_id = o.store_id AND k.sku_key = o.sku_key
                  AND k.missing_at < :started)

-- name: missing_once
-- Not found in this check.
INSERT INTO offer_check (store_id, sku_key, seen_at, missing_at)
SELECT o.store_id, o.sku_key, now(), now() {{absent}}
ON CONFLICT (store_id, sku_key) DO UPDATE SET missing_at = excluded.missing_at
