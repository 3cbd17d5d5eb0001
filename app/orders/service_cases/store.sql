-- Links of service cases to orders; `c` is a case.

-- name: link_by_order
-- Unlinked cases of an account that name their order.
UPDATE service_case AS c
   SET order_id = o.id, country = coalesce(c.country, o.country)
  FROM sales_order AS o
 WHERE c.account_id = :account AND c.order_id IS NULL
   AND o.account_id = c.account_id AND o.marketplace_id = c.order_number

-- name: link_by_line
-- Unlinked cases of an account that name an order line only.
UPDATE service_case AS c
   SET order_id = o.id, order_number = o.marketplace_id,
       country = coalesce(c.country, o.country)
  FROM sales_order_line AS l JOIN sales_order AS o ON o.id = l.order_id
 WHERE c.account_id = :account AND c.order_id IS NULL
   AND o.account_id = c.account_id AND l.marketplace_id = c.line_number

-- name: delete_old
-- Closed cases that did not change for long.
DELETE FROM service_case WHERE id IN (
  SELECT id FROM service_case
   WHERE sort_at < now() - CAST(:keep AS interval) AND state = 9
   ORDER BY sort_at LIMIT :most)
