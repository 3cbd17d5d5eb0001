-- Submissions and their lines. Offers are looked up line by line: PostgreSQL, which
-- can estimate one row for a run or a store, could otherwise compare all lines with
-- all offers.

-- name: load_open
-- Submissions of a publication that are not settled, in the order of sending.
SELECT * FROM submission
 WHERE publication_id = :id AND state <> 'settled' ORDER BY seq

-- name: load_line_keys
-- What identifies the lines of a submission in a task report; psycopg placeholders.
SELECT c.seq, c.sku, c.after ->> 'ean',
       (SELECT o.listing_id FROM offer_view AS o
         WHERE o.store_id = %s AND o.sku_key = c.sku_key),
       c.after ? 'grade', c.after ? 'product'
  FROM change AS c
 WHERE c.publication_id = %s AND c.submission = %s AND c.outcome = ANY(%s)
 ORDER BY c.seq

-- name: load_lines
-- Lines of a submission with one of the outcomes; all, or those in `only`. The SKU is the
-- one of the listing, if that is known.
SELECT c.seq, coalesce(o.live_sku, c.sku) AS sku, c.before, c.after, o.listing_id
  FROM change AS c
  LEFT JOIN LATERAL (
    SELECT live_sku, listing_id FROM offer_view
     WHERE store_id = :store AND sku_key = c.sku_key OFFSET 0) AS o ON true
 WHERE c.publication_id = :id AND c.submission = :submission
   AND c.outcome = ANY(:outcomes)
   AND (CAST(:only AS int[]) IS NULL OR c.seq = ANY(:only))
 ORDER BY c.seq

-- name: supersede_changed
-- Planned lines whose offer changed since the plan, or whose stock another store of
-- the account or a priority run changed.
UPDATE change AS c
   SET outcome = 'superseded', code = 'changed_since', settled_at = now()
 WHERE c.publication_id = :id AND c.submission = :seq AND c.outcome = 'planned'
   AND (SELECT o.fingerprint IS DISTINCT FROM c.fingerprint
               OR (c.before ? 'quantity' AND c.after ? 'quantity'
                   AND o.live_quantity
                       IS DISTINCT FROM (c.before ->> 'quantity')::int)
          FROM offer_view AS o WHERE o.store_id = :store AND o.sku_key = c.sku_key)

-- name: count_planned
SELECT count(*) FROM change
 WHERE publication_id = :id AND submission = :seq AND outcome = 'planned'

-- name: close_sent_changes
-- Changes of submissions that were sent but not settled: the next run resolves them.
UPDATE change AS c SET outcome = 'unconfirmed', code = :code
  FROM submission AS d
 WHERE c.publication_id = :id AND c.outcome = 'planned'
   AND d.publication_id = c.publication_id AND d.seq = c.submission
   AND d.state IN ('sending', 'uncertain', 'sent')

-- name: close_pending
-- Submissions that were not sent.
UPDATE submission SET state = 'settled', reason_code = :code, settled_at = now()
 WHERE publication_id = :id AND state = 'pending'

-- name: longest_task
-- The longest duration of the account's last twenty tasks.
SELECT max(settled_at - sent_at)
  FROM (SELECT d.settled_at, d.sent_at
          FROM submission AS d JOIN publication AS p ON p.id = d.publication_id
         WHERE p.account_id = :account AND d.method = 'batch'
           AND d.task_id IS NOT NULL AND d.settled_at IS NOT NULL
         ORDER BY d.settled_at DESC LIMIT 20) AS recent
