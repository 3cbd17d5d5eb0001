-- Listings that are online in markets without a store: one read per seller account.

-- name: ensure_requested
-- The account's check. One that failed starts again; one that is done stays so.
INSERT INTO other_market_check AS c (account_id, state, requested_at)
VALUES (:account, 'requested', clock_timestamp())
ON CONFLICT (account_id) DO UPDATE SET state = 'requested'
  WHERE c.state = 'failed'

-- name: request
-- Starts the next check of accounts whose last one is old enough.
UPDATE other_market_check
   SET state = 'requested', requested_at = clock_timestamp()
 WHERE account_id = ANY(:accounts) AND state IN ('done', 'failed')
   AND (read_at IS NULL OR read_at < now() - :age)
RETURNING account_id

-- name: countries
-- Markets with a store of the account, active or not.
SELECT DISTINCT country FROM store_view WHERE account_id = :account

-- name: stores
SELECT id FROM store_view WHERE account_id = :account ORDER BY id

-- name: forget_found
UPDATE other_market_listing SET found = '{}'
 WHERE account_id = :account AND found <> '{}'

-- name: add_found
-- Listings of one page; a page that is read twice changes nothing.
INSERT INTO other_market_listing AS l (account_id, sku_key, found)
SELECT :account, sku_key, ARRAY[CAST(:market AS varchar)]
  FROM unnest(CAST(:keys AS text[])) AS sku_key
ON CONFLICT (account_id, sku_key) DO UPDATE
  SET found = array_append(l.found, CAST(:market AS varchar))
  WHERE NOT CAST(:market AS varchar) = ANY(l.found)

-- name: advance
-- What is to be read next; an answer ends a row of failures.
UPDATE other_market_check
   SET markets = :markets, page = :page, failures = 0, reason_code = NULL, reason = NULL
 WHERE account_id = :account

-- name: replace
-- What was found replaces the result of the last read.
UPDATE other_market_listing SET markets = found
 WHERE account_id = :account AND found <> '{}' AND markets <> found

-- name: delete_missing
DELETE FROM other_market_listing WHERE account_id = :account AND found = '{}'
