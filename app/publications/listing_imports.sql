-- Runs and previews that wait for the listings of their store.

-- name: last_check
-- The job that reads all listings of a store is its drift check.
SELECT state, reason_code, reason, finished_at
  FROM drift_check_view WHERE store_id = :store

-- name: requested_runs
SELECT id FROM publication WHERE store_id = :store AND state = 'requested'

-- name: requested_plans
SELECT id FROM plan WHERE store_id = :store AND state = 'requested'
