-- name: request
-- A running sync is followed by another one if it started before this request.
INSERT INTO order_sync AS s (account_id, state, requested_at, failures, read,
                             changed, page, page_missing, rereading)
VALUES (:account, 'requested', clock_timestamp(), 0, 0, 0, 0, false, false)
ON CONFLICT (account_id) DO UPDATE SET
  requested_at = excluded.requested_at,
  state = CASE WHEN s.state IN ('done', 'failed') THEN 'requested' ELSE s.state END

-- name: due
-- Accounts with a store whose sync is due, or not scheduled yet.
SELECT a.id, a.connection, a.orders_due_at FROM seller_account_view AS a
 WHERE (a.orders_due_at IS NULL OR a.orders_due_at <= now())
   AND EXISTS (SELECT 1 FROM store_view AS s WHERE s.account_id = a.id)
 ORDER BY a.orders_due_at LIMIT :limit FOR UPDATE OF a SKIP LOCKED

-- name: orders_from
-- From when the first sync of an account reads; null if a store wants all orders.
SELECT CASE WHEN bool_and(orders_from IS NOT NULL) THEN min(orders_from) END
  FROM store_view WHERE account_id = :account

-- name: has_automations
-- Whether an active store of the account does something by itself.
SELECT EXISTS (SELECT 1 FROM store_view
                WHERE account_id = :account AND active AND automations IS NOT NULL)

-- name: request_service_cases
-- A fetch of service cases, if it is due and none is requested.
INSERT INTO service_case_sync AS s (account_id, state, failures, next_at, page)
VALUES (:account, 'requested', 0, now(), 0)
ON CONFLICT (account_id) DO UPDATE SET state = 'requested'
  WHERE s.next_at <= now() AND s.state IN ('done', 'failed')
RETURNING account_id

-- name: any_due
EXISTS (SELECT 1 FROM seller_account_view AS a
         WHERE a.orders_due_at IS NULL OR a.orders_due_at <= now())
