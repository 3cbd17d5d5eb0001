-- name: in_progress
-- Restricts a statement to orders `o` that cannot be handled without the buyer's data:
-- unpaid, to be accepted or shipped, or with an action that has not ended.
(o.state IN (0, 10, 1, 3) AND o.outcome = 'open' AND o.missing_since IS NULL
 OR EXISTS (SELECT 1 FROM order_action AS a WHERE a.order_id = o.id
             AND a.state IN ('requested', 'running', 'waiting')))

-- name: of_buyer
-- Orders with one of some e-mail addresses, newest first; of all accounts for NULL.
SELECT o.id FROM sales_order AS o
 WHERE o.email_digests && CAST(:digests AS varchar[])
   AND (CAST(:accounts AS uuid[]) IS NULL OR o.account_id = ANY(:accounts))
   AND (CAST(:before AS uuid) IS NULL OR o.id < :before)
 ORDER BY o.id DESC LIMIT :limit

-- name: request
-- Remember an erasure for each account, or for all of them for NULL: the keyed hash
-- under each key, since orders may have been stored under an older one.
INSERT INTO buyer_erasure (account_id, digest, requested_at, is_open)
SELECT a.id, d.digest, now(), true
  FROM seller_account_view AS a, unnest(CAST(:digests AS varchar[])) AS d (digest)
 WHERE CAST(:accounts AS uuid[]) IS NULL OR a.id = ANY(:accounts)
    ON CONFLICT (account_id, digest) DO UPDATE SET requested_at = now(), is_open = true

-- name: placed_before_request
-- Of given orders (an account's numbers, with an e-mail address each) those that were
-- placed before their buyer asked for erasure.
SELECT given.number, given.digest
  FROM unnest(CAST(:numbers AS bigint[]), CAST(:digests AS varchar[]),
              CAST(:times AS timestamptz[])) AS given (number, digest, placed_at)
  JOIN buyer_erasure AS e ON e.account_id = :account AND e.digest = given.digest
 WHERE given.placed_at < e.requested_at

-- name: to_erase_by_request
-- Orders of buyers who asked for it. Those of the last day are looked for again: an
-- order may have been written by a transaction that did not see the request.
SELECT o.id FROM buyer_erasure AS e
  JOIN sales_order AS o
    ON o.account_id = e.account_id AND o.email_digests && ARRAY[e.digest]
 WHERE (e.is_open OR e.requested_at > now() - interval '1 day')
   AND o.erased_at IS NULL AND o.created_at < e.requested_at AND NOT {{in_progress}}
 LIMIT :limit FOR UPDATE OF o SKIP LOCKED

-- name: to_erase_by_age
-- Orders that were last changed before a time; one in progress waits.
SELECT o.id FROM sales_order AS o
 WHERE o.erased_at IS NULL AND o.modified_at < :before AND NOT {{in_progress}}
 ORDER BY o.modified_at LIMIT :limit FOR UPDATE OF o SKIP LOCKED

-- name: stored
-- Which of an account's orders are stored, and whether their buyers were erased.
SELECT marketplace_id AS number, erased_at IS NOT NULL AS erased FROM sales_order
 WHERE account_id = :account AND marketplace_id = ANY(CAST(:numbers AS bigint[]))

-- name: reopen_requests
-- Requests of which an order was fetched that is erased later: in progress, or stored.
UPDATE buyer_erasure SET is_open = true
 WHERE account_id = :account AND digest = ANY(:digests) AND NOT is_open

-- name: close_requests
-- Requests of which no order is left.
UPDATE buyer_erasure AS e SET is_open = false
 WHERE e.is_open AND NOT EXISTS (
   SELECT 1 FROM sales_order AS o
    WHERE o.account_id = e.account_id AND o.email_digests && ARRAY[e.digest]
      AND o.erased_at IS NULL AND o.created_at < e.requested_at)

-- name: erase
-- Erase buyers' data of orders, their lines, actions and search words. Amounts, SKUs,
-- states, times, device numbers, and the merchant's own numbers and tags stay.
WITH erased AS (
    UPDATE sales_order AS o
       SET shipping_address = '{}', billing_address = '{}', sealed_addresses = NULL,
           sealed_key = NULL, email_digests = '{}', tracking_number = NULL,
           tracking_url = NULL, note = NULL, digest = '', erased_at = now(),
           changed_at = clock_timestamp(), version = version + 1,
           other_fields = coalesce((
               SELECT jsonb_object_agg(f.key, f.value)
                 FROM jsonb_each(o.other_fields) AS f
                WHERE f.key = ANY(:not_personal)), '{}')
     WHERE o.id = ANY(:ids) AND o.erased_at IS NULL AND NOT {{in_progress}}
    RETURNING o.id, o.account_id, o.marketplace_id, o.merchant_order_id,
              o.invoice_number, o.tags, o.country, o.state, o.outcome, o.modified_at,
              o.version
), lines AS (
    UPDATE sales_order_line SET return_message = NULL
     WHERE order_id IN (SELECT id FROM erased) AND return_message IS NOT NULL
), actions AS (
    UPDATE order_action SET fields = '{}', fingerprint = '', reason = NULL
     WHERE order_id IN (SELECT id FROM erased)
), submissions AS (
    UPDATE order_submission SET body = '{}', reason = NULL
     WHERE state IN ('done', 'reconciled', 'refused', 'failed') AND action_id IN (
         SELECT id FROM order_action WHERE order_id IN (SELECT id FROM erased))
)
SELECT e.*, (SELECT array_agg(l.sku) FROM sales_order_line AS l
              WHERE l.order_id = e.id AND l.sku IS NOT NULL) AS skus
  FROM erased AS e
