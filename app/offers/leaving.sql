-- Offers of a store that leaves its country ("Leaving"). `o` is a row of its offers.

-- name: online
o.listed AND o.live_quantity IS DISTINCT FROM 0

-- name: sells
-- Whether the offer `s` of a sibling store `t` is on sale, or will be by the next run of
-- that store: an active store may have a catalog and no publication yet.
(s.listed OR (t.active AND s.desired_state = 'active' AND NOT s.in_error))
       AND CASE WHEN s.desired_state = 'unmatched' THEN s.live_quantity > 0
                WHEN s.desired_state = 'absent' THEN false
                ELSE coalesce(s.desired_quantity, s.live_quantity, 0) > 0 END

-- name: sold_by_sibling
-- Whether one of the stores `:siblings` sells the SKU: quantity is one number per
-- listing for all countries, so it stays.
EXISTS (
    SELECT 1 FROM offer_view AS s JOIN store_view AS t ON t.id = s.store_id
     WHERE s.store_id = ANY(CAST(:siblings AS uuid[])) AND s.sku_key = o.sku_key
       AND {{sells}})

-- name: live_elsewhere
-- Whether the listing is online in markets without a store, and the account does not
-- share its quantity with them: it would end the sale there too.
EXISTS (
    SELECT 1 FROM store_view AS t
      JOIN seller_account_view AS a ON a.id = t.account_id
      JOIN other_market_listing_view AS elsewhere ON elsewhere.account_id = a.id
     WHERE t.id = o.store_id AND elsewhere.sku_key = o.sku_key
       AND a.other_markets IS DISTINCT FROM 'share')

-- name: goes_to_zero
{{online}} AND o.desired_state <> 'unmatched' AND NOT {{sold_by_sibling}}
  AND NOT {{live_elsewhere}}

-- name: any_to_zero
-- Whether a listing of the store is still to be set to 0.
SELECT EXISTS (SELECT 1 FROM offer_view AS o
                WHERE o.store_id = :store AND {{goes_to_zero}})

-- name: counts
-- Listings online, and how many of them stay for which reason.
SELECT count(*) AS online,
       count(*) FILTER (WHERE o.desired_state = 'unmatched') AS unmatched,
       count(*) FILTER (WHERE o.desired_state <> 'unmatched' AND {{sold_by_sibling}})
         AS sold_by_sibling,
       count(*) FILTER (WHERE o.desired_state <> 'unmatched'
         AND NOT {{sold_by_sibling}} AND {{live_elsewhere}}) AS live_elsewhere
  FROM offer_view AS o WHERE o.store_id = :store AND {{online}}
