-- name: rank
-- What needs attention first; only what indexes can say about every store.
CASE WHEN s.account_id IS NULL OR a.connection IN ('refused', 'forbidden') THEN 0
     WHEN (SELECT p.state = 'failed' FROM publication_view AS p
            WHERE p.store_id = s.id AND p.kind = 'offers' AND NOT p.plan_only
              AND p.state IN ('finished', 'failed')
            ORDER BY p.id DESC LIMIT 1) THEN 1
     WHEN NOT s.active THEN 2
     WHEN EXISTS (SELECT 1 FROM offer_view AS o
                   WHERE o.store_id = s.id AND o.held_code IS NOT NULL) THEN 3
     WHEN EXISTS (SELECT 1 FROM offer_view AS o
                   WHERE o.store_id = s.id AND o.in_error) THEN 3
     ELSE 4 END

-- name: page
-- Ids of stores after a position, those that need attention first.
SELECT id, rank
  FROM (SELECT s.id, {{rank}} AS rank
          FROM store_view AS s LEFT JOIN seller_account_view AS a ON a.id = s.account_id
         WHERE (CAST(:all AS boolean) OR s.id = ANY(:ids))) AS ranked
 WHERE (rank, id) > (CAST(:rank AS integer), CAST(:after AS uuid))
 ORDER BY rank, id LIMIT :limit

-- name: offers
-- Counts of offers per store, each up to a limit.
SELECT s.id,
       (SELECT count(*) FROM (SELECT 1 FROM offer_view AS o WHERE o.store_id = s.id
          AND o.listed AND o.live_quantity > 0 LIMIT :most) AS f) AS online,
       (SELECT count(*) FROM (SELECT 1 FROM offer_view AS o WHERE o.store_id = s.id
          AND o.in_error LIMIT :most) AS f) AS in_error,
       (SELECT count(*) FROM (SELECT 1 FROM offer_view AS o WHERE o.store_id = s.id
          AND o.held_code IS NOT NULL LIMIT :most) AS f) AS held,
       (SELECT count(*) FROM (SELECT 1 FROM offer_view AS o WHERE o.store_id = s.id
          AND o.desired_state = 'unmatched' AND o.live_quantity > 0 LIMIT :most) AS f)
         AS unmatched
  FROM unnest(CAST(:ids AS uuid[])) AS s (id)

-- name: runs
-- The newest run of offers per store, and the newest that has ended.
SELECT s.id AS store_id, p.id, p.state, p.trigger, p.reason_code, p.reason,
       p.requested_at, p.finished_at, p.totals
  FROM unnest(CAST(:ids AS uuid[])) AS s (id)
 CROSS JOIN LATERAL (
       (SELECT * FROM publication_view AS n
         WHERE n.store_id = s.id AND n.kind = 'offers' AND NOT n.plan_only
         ORDER BY n.id DESC LIMIT 1)
       UNION
       (SELECT * FROM publication_view AS n
         WHERE n.store_id = s.id AND n.kind = 'offers' AND NOT n.plan_only
           AND n.state IN ('finished', 'failed')
         ORDER BY n.id DESC LIMIT 1)) AS p

-- name: due
-- Orders that need the seller's attention, per store.
SELECT s.id, (SELECT count(*) FROM (
         SELECT 1 FROM sales_order_view AS o
          WHERE o.account_id = s.account_id AND o.state IN (1, 3) AND o.outcome = 'open'
            AND (s.order_scope = 'all_countries' OR o.country = s.country)
            AND ({{due}}) LIMIT :most) AS f) AS orders
  FROM store_view AS s WHERE s.id = ANY(:ids) AND s.account_id IS NOT NULL

-- name: spent
-- Lines of the last hour, per account.
SELECT account_id, at, lines FROM line_spend_view
 WHERE account_id = ANY(:accounts) AND at > now() - interval '1 hour' ORDER BY at

-- name: activity
-- Outcomes of changes per store and day.
SELECT p.store_id, (p.requested_at AT TIME ZONE 'UTC')::date AS day,
       split_part(t.key, '.', 2) AS outcome, sum(t.value::bigint)::bigint AS changes
  FROM publication_view AS p
 CROSS JOIN LATERAL jsonb_each_text(p.totals -> 'outcomes') AS t (key, value)
 WHERE p.store_id = ANY(:ids) AND p.id >= :first AND NOT p.plan_only
 GROUP BY 1, 2, 3
