-- Submissions of runs that have ended.

-- name: load_earlier
-- Submissions of an account's ended runs that are not settled.
SELECT d.*, p.store_id, s.country
  FROM submission AS d
  JOIN publication AS p ON p.id = d.publication_id
  JOIN store_view AS s ON s.id = p.store_id AND s.account_id = d.account_id
 WHERE d.account_id = :account AND d.state <> 'settled'
   AND p.state IN ('finished', 'failed', 'cancelled')
 ORDER BY d.publication_id, d.seq

-- name: accounts_with_late_tasks
-- Accounts without an active run, of whose ended runs a submission is due. Accounts that
-- cannot be called are left out.
SELECT DISTINCT d.account_id
  FROM submission AS d
  JOIN publication AS p ON p.id = d.publication_id
  JOIN store_view AS s ON s.id = p.store_id AND s.account_id = d.account_id
  JOIN seller_account_view AS a ON a.id = d.account_id
 WHERE d.state <> 'settled' AND coalesce(d.poll_at, '-infinity') <= now()
   AND p.state IN ('finished', 'failed', 'cancelled')
   AND a.connection NOT IN ('refused', 'forbidden')
   AND coalesce(a.paused_until, '-infinity') <= now()
   AND NOT EXISTS (SELECT 1 FROM publication AS r
                    WHERE r.account_id = d.account_id
                      AND r.state IN ('planning', 'sending', 'waiting'))
 LIMIT :limit

-- name: has_active_run
SELECT EXISTS (SELECT 1 FROM publication WHERE account_id = :account
                  AND state IN ('planning', 'sending', 'waiting'))

-- name: stores_to_correct
-- Stores of the account in which a late result differs from what is desired now: active
-- ones, and those that left with their listings set to 0.
SELECT s.id FROM store_view AS s
 WHERE s.account_id = :account AND EXISTS (
   SELECT 1 FROM change AS c
     JOIN offer_view AS o ON o.store_id = s.id AND o.sku_key = c.sku_key
    WHERE c.publication_id = :id AND c.submission = :seq AND c.outcome = 'accepted'
      AND CASE WHEN s.active THEN s.publish_offers AND o.dirty
               ELSE s.departed_with = 'zero' AND o.listed AND o.live_quantity > 0 END)

-- name: any_late
-- Whether an open submission is due, of an active run or of an ended one.
EXISTS (SELECT 1 FROM submission AS d
         WHERE d.state <> 'settled' AND coalesce(d.poll_at, '-infinity') <= now())
