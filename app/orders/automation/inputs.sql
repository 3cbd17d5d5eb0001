-- What the acceptance of new orders is decided by.

-- name: stores
-- The active stores of an account that do something by themselves.
SELECT id, country, order_scope, automations FROM store_view
 WHERE account_id = :account AND active AND automations IS NOT NULL ORDER BY id

-- name: pending_orders
-- New orders of an account, the oldest first, whether an action was requested before.
SELECT o.id, o.marketplace_id AS number, o.state, o.country, o.price, o.currency,
       EXISTS (SELECT 1 FROM order_action AS a WHERE a.order_id = o.id) AS is_handled
  FROM sales_order AS o
 WHERE o.account_id = :account AND o.state = 1 AND o.missing_since IS NULL
 ORDER BY o.created_at, o.marketplace_id LIMIT :most

-- name: pending_lines
SELECT order_id, state, sku_key, quantity FROM sales_order_line
 WHERE order_id = ANY(CAST(:orders AS uuid[])) ORDER BY order_id, position

-- name: stock
-- Per store and SKU: the stated quantity, less the units sold since its time by other
-- orders than those that wait to be accepted; their units are counted when they are
-- planned. A retained offer has no quantity that is sure.
SELECT f.store_id, f.sku_key, t.as_of,
       least(f.quantity, f.quantity_limit) - f.units_sold + coalesce(w.units, 0) AS units
  FROM offer_view AS f
  JOIN store_view AS b ON b.id = f.store_id
 CROSS JOIN LATERAL (SELECT refeed_quantity_as_of(
         f.store_id, f.sku_key, f.fingerprint IS NOT NULL, f.quantity_as_of)
         AS as_of) AS t
  LEFT JOIN LATERAL (
    SELECT sum(s.units)::int AS units FROM sale_view AS s
     WHERE s.account_id = b.account_id AND s.sku_key = f.sku_key AND s.line_state = 1
       AND (s.sold_at > t.as_of OR b.open_orders = 'subtract')) AS w ON true
 WHERE f.store_id = ANY(CAST(:stores AS uuid[]))
   AND f.sku_key = ANY(CAST(:keys AS text[]))
   AND f.desired_state = 'active' AND f.quantity IS NOT NULL
