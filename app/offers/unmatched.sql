-- Listings that no catalog row has named.

-- name: count_unmatched
-- Listings with stock that no catalog names, by store.
SELECT o.store_id, count(*) AS listings, sum(o.live_quantity) AS units,
       count(*) FILTER (WHERE d.decision IS NULL) AS undecided
  FROM offer AS o LEFT JOIN listing_decision_view AS d USING (store_id, sku_key)
 WHERE o.store_id = ANY(:stores) AND o.desired_state = 'unmatched'
   AND o.listed AND o.live_quantity > 0
 GROUP BY o.store_id

-- name: delete_unnamed
-- Deletes unmatched listings, and those that a decision made absent.
DELETE FROM offer
 WHERE store_id = :id AND ean IS NULL AND fingerprint IS NULL
   AND desired_state IN ('unmatched', 'absent')
