-- Runs and previews that wait for the listings of their store.

-- name: last_check
-- The job that reads all listings of a store is its drift check.
SELECT state, reason_code, reason, finished_at
  FROM drift_check_view WHERE store_id = :subject

-- name: last_other_market_check
-- One read serves all stores of a seller account.
SELECT state, reason_code, reason, finished_at, read_at
  FROM other_market_check_view WHERE account_id = :subject

-- name: requested_runs
-- Runs of the store, and of sibling stores that leave: they wait for its listings too.
SELECT p.id FROM publication AS p
 WHERE p.state = 'requested'
   AND (p.store_id = :store OR p.trigger = 'departure' AND p.store_id IN (
        SELECT t.id FROM store_view AS s JOIN store_view AS t USING (account_id)
         WHERE s.id = :store))

-- name: requested_plans
SELECT id FROM plan WHERE store_id = :store AND state = 'requested'
