-- name: request
-- A check that runs now is followed by another one.
INSERT INTO drift_check AS p (store_id, state, requested_at, page, listings,
                               failures, counts)
VALUES (:store, 'requested', clock_timestamp(), 0, 0, 0, '{}')
ON CONFLICT (store_id) DO UPDATE SET
  requested_at = excluded.requested_at,
  state = CASE WHEN p.state IN ('done', 'failed') THEN 'requested' ELSE p.state END

-- name: ensure_requested
-- A check that was requested by its job alone.
INSERT INTO drift_check AS p (store_id, state, requested_at, page, listings,
                               failures, counts)
VALUES (:store, 'requested', clock_timestamp(), 0, 0, 0, '{}')
ON CONFLICT (store_id) DO UPDATE SET state = 'requested'
  WHERE p.state IN ('done', 'failed')

-- name: due
-- Active stores whose drift check is due, or not scheduled yet.
SELECT s.id, s.account_id, s.next_drift_check_at FROM store_view AS s
 WHERE s.active AND s.account_id IS NOT NULL
   AND (s.next_drift_check_at IS NULL OR s.next_drift_check_at <= now())
 ORDER BY s.next_drift_check_at LIMIT :limit FOR UPDATE OF s SKIP LOCKED

-- name: any_due
EXISTS (SELECT 1 FROM store_view AS s
         WHERE s.active AND s.account_id IS NOT NULL
           AND (s.next_drift_check_at IS NULL OR s.next_drift_check_at <= now()))
