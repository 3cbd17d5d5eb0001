-- Sales lower what is live, in the transaction that records the order.

-- name: offers_sold
-- The stores of an account that offer one of the SKUs.
SELECT DISTINCT o.store_id FROM offer AS o JOIN store_view AS s ON s.id = o.store_id
 WHERE s.account_id = :account AND o.sku_key = ANY(CAST(:keys AS text[]))

-- name: lower_live
-- Back Market lowers the quantity of a listing with each order (section 4.4). What was
-- accepted or read after the sale has it already.
WITH sold AS (
  SELECT o.store_id, o.sku_key, sum(s.units)::int AS units
    FROM unnest(CAST(:keys AS text[]), CAST(:units AS int[]),
                CAST(:times AS timestamptz[])) AS s (sku_key, units, sold_at)
    JOIN offer AS o ON o.sku_key = s.sku_key
   WHERE o.store_id = ANY(:stores) AND o.listed AND s.sold_at > o.live_quantity_at
   GROUP BY o.store_id, o.sku_key
),
shown AS (
  UPDATE offer_check AS k SET quantity = greatest(k.quantity - v.units, 0)
    FROM sold AS v WHERE k.store_id = v.store_id AND k.sku_key = v.sku_key
)
UPDATE offer AS o SET live_quantity = greatest(o.live_quantity - v.units, 0)
  FROM sold AS v WHERE o.store_id = v.store_id AND o.sku_key = v.sku_key

-- name: count_units
SELECT refeed_count_units_sold(:stores, CAST(:keys AS text[]))

-- name: restate
SELECT refeed_restate_quantities(:store, CAST(:named AS text[]))
