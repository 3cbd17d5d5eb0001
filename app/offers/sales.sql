-- Sales lower what is live, in the transaction that records the order.

-- name: offers_sold
-- The stores of an account that offer one of the SKUs.
SELECT DISTINCT o.store_id FROM offer AS o JOIN store_view AS s ON s.id = o.store_id
 WHERE s.account_id = :account AND o.sku_key = ANY(CAST(:keys AS text[]))

-- name: sold_since_written
-- Restricts sales `s` to those that Back Market may have had, by either clock, since the
-- live quantity was sent or read.
JOIN offer AS o ON o.sku_key = s.sku_key
 WHERE o.store_id = ANY(:stores) AND o.listed
   AND s.sold_at > o.live_quantity_at - CAST(:clock_skew AS interval)

-- name: lower_sold
-- Back Market lowers the quantity of a listing with each order (section 4.4). Whether
-- what was sent or read at about that time has it already, a read of the listing shows.
shown AS (
  UPDATE offer_check AS k SET quantity = greatest(k.quantity - v.units, 0)
    FROM sold AS v WHERE k.store_id = v.store_id AND k.sku_key = v.sku_key
),
to_read AS (
  INSERT INTO sold_listing AS l (account_id, sku_key, units)
  SELECT s.account_id, v.sku_key, max(v.units)
    FROM sold AS v JOIN store_view AS s ON s.id = v.store_id
   GROUP BY s.account_id, v.sku_key
  ON CONFLICT (account_id, sku_key) DO UPDATE SET units = l.units + excluded.units
)
UPDATE offer AS o SET live_quantity = greatest(o.live_quantity - v.units, 0)
  FROM sold AS v WHERE o.store_id = v.store_id AND o.sku_key = v.sku_key

-- name: lower_live
-- By sales that were not known yet.
WITH sold AS (
  SELECT o.store_id, o.sku_key, sum(s.units)::int AS units
    FROM unnest(CAST(:keys AS text[]), CAST(:units AS int[]),
                CAST(:times AS timestamptz[])) AS s (sku_key, units, sold_at)
    {{sold_since_written}}
   GROUP BY o.store_id, o.sku_key
),
{{lower_sold}}

-- name: lower_accepted
-- By sales that were known before the response to a quantity that was sent before them.
WITH sold AS (
  SELECT o.store_id, o.sku_key, sum(s.units)::int AS units
    FROM (SELECT v.sku_key, v.units, v.sold_at, v.known_at FROM sale_view AS v
           WHERE v.sku_key = ANY(CAST(:keys AS text[]))
             AND v.account_id IN (
               SELECT account_id FROM store_view WHERE id = ANY(:stores))) AS s
    {{sold_since_written}}
     AND s.known_at > o.live_quantity_at
   GROUP BY o.store_id, o.sku_key
),
{{lower_sold}}

-- name: to_read
-- Listings to read. Without an offer that is listed (sku is NULL) there is none.
SELECT l.sku_key, min(coalesce(o.live_sku, o.sku)) AS sku
  FROM sold_listing AS l
  LEFT JOIN (offer AS o JOIN store_view AS s ON s.id = o.store_id)
         ON s.account_id = l.account_id AND o.sku_key = l.sku_key AND o.listed
 WHERE l.account_id = :account
 GROUP BY l.sku_key ORDER BY l.sku_key LIMIT :most

-- name: correct_live
-- A listing that shows more than is live had less sales since its quantity was sent, at
-- most those that were counted. Less than that is a sale that is not known yet.
WITH read AS (
  DELETE FROM sold_listing AS l
   USING unnest(CAST(:keys AS text[]), CAST(:quantities AS numeric[])) AS r (sku_key, quantity)
   WHERE l.account_id = :account AND l.sku_key = r.sku_key
  RETURNING l.sku_key, l.units, r.quantity
),
corrected AS (
  UPDATE offer AS o SET live_quantity = r.quantity, live_quantity_at = :read_at
    FROM read AS r
   WHERE o.store_id = ANY(:stores) AND o.sku_key = r.sku_key AND o.listed
     AND o.live_at <= :read_at
     AND r.quantity > o.live_quantity AND r.quantity <= o.live_quantity + r.units
  RETURNING o.store_id, o.sku_key, o.live_quantity
)
UPDATE offer_check AS k SET quantity = c.live_quantity
  FROM corrected AS c WHERE k.store_id = c.store_id AND k.sku_key = c.sku_key

-- name: count_units
SELECT refeed_count_units_sold(:stores, CAST(:keys AS text[]))

-- name: restate
SELECT refeed_restate_quantities(:store, CAST(:named AS text[]))
