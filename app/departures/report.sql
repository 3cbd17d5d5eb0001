-- The report of a departure: what was set to 0, and what stays online.

-- name: zeroed
-- SKUs whose quantity 0 was accepted since the departure was ordered.
SELECT count(DISTINCT c.sku_key)
  FROM publication_view AS p JOIN change_view AS c ON c.publication_id = p.id
 WHERE p.store_id = :store AND p.trigger = 'departure' AND p.requested_at >= :since
   AND c.outcome = 'accepted'

-- name: list_online
-- The listings that stay online, each with the reason.
INSERT INTO departure_listing (departure_id, sku_key, sku, quantity, price, reason,
                               countries, message)
SELECT :departure, o.sku_key, o.sku, o.live_quantity, o.live_price,
       CASE WHEN o.desired_state = 'unmatched' THEN 'unmatched'
            WHEN {{sold_by_sibling}} THEN 'sold_by_sibling'
            WHEN {{live_elsewhere}} THEN 'live_in_other_market'
            WHEN :zeroes THEN 'not_zeroed' ELSE 'left' END,
       coalesce((SELECT array_agg(DISTINCT t.country ORDER BY t.country)
                   FROM offer_view AS s JOIN store_view AS t ON t.id = s.store_id
                  WHERE s.store_id = ANY(:siblings) AND s.sku_key = o.sku_key
                    AND (s.listed OR {{sells}})), '{}'),
       CASE WHEN :zeroes AND o.in_error THEN o.error_message END
  FROM offer_view AS o
 WHERE o.store_id = :store AND {{online}}
ON CONFLICT (departure_id, sku_key) DO NOTHING

-- name: unsettled
-- Whether a run of the store is active, or a request of an earlier one is not settled.
SELECT refeed_store_is_publishing(:store) OR EXISTS (
  SELECT 1 FROM publication_view AS p
    JOIN submission_view AS d ON d.publication_id = p.id
   WHERE p.store_id = :store AND d.state <> 'settled')
