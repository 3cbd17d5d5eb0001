-- Statements that read the outbox in the order of transactions.

-- name: feed
-- A bounded part of the events after a cursor, and which of them the key may see. Only
-- those before the oldest transaction that runs: no older one can appear later.
SELECT e.id, e.transaction_id, e.position, e.body,
       e.type <> 'webhook_endpoint.test'
       AND (CAST(:types AS varchar[]) IS NULL OR e.type = ANY(:types))
       AND (CAST(:stores AS uuid[]) IS NULL
            OR e.store_id = ANY(:stores)
            OR (e.store_id IS NULL AND EXISTS (
                 SELECT 1 FROM store_view AS s
                  WHERE s.id = ANY(:stores) AND s.account_id = e.account_id
                    AND (e.country IS NULL OR s.country = e.country
                         OR s.order_scope = 'all_countries')))) AS visible
  FROM event AS e
 WHERE (e.transaction_id, e.position) > (:transaction, :position)
   AND e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
 ORDER BY e.transaction_id, e.position
 LIMIT :scanned

-- name: now
-- Before which transaction nothing new can appear, and which one is next.
SELECT pg_snapshot_xmin(s.now)::text::bigint AS oldest,
       pg_snapshot_xmax(s.now)::text::bigint AS next
  FROM (SELECT pg_current_snapshot() AS now) AS s
