-- Orders that the seller will soon be late with.

-- name: become_due_soon
-- For each open order the lead times of the store that decides (`country` NULL: of all
-- countries), and the reasons for which no reminder was recorded yet. An order that is
-- late already has its own event.
WITH leads AS (
  SELECT * FROM unnest(CAST(:countries AS varchar[]), CAST(:accept AS interval[]),
                       CAST(:dispatch AS interval[])) WITH ORDINALITY
         AS l (country, accept, dispatch, place)
),
soon AS (
  SELECT o.id, r.reason, r.late_at FROM sales_order AS o
   CROSS JOIN LATERAL (
     SELECT l.accept, l.dispatch FROM leads AS l
      WHERE l.country = o.country OR l.country IS NULL
      ORDER BY l.country IS NULL, l.place LIMIT 1) AS lead
   CROSS JOIN LATERAL (VALUES
     ('not_accepted', CASE WHEN o.state = 1 THEN
        coalesce(o.paid_at, o.created_at) + CAST(:accept_within AS interval) END,
      lead.accept),
     ('not_shipped', o.dispatch_by, lead.dispatch)) AS r (reason, late_at, before)
   WHERE o.account_id = :account AND o.state IN (1, 3) AND o.outcome = 'open'
     AND r.late_at > :now AND r.late_at - r.before <= :now
     AND NOT EXISTS (SELECT 1 FROM order_due_notice AS n
                      WHERE n.order_id = o.id AND n.reason = r.reason || '_soon')
),
noted AS (
  INSERT INTO order_due_notice (order_id, reason, at)
  SELECT id, reason || '_soon', now() FROM soon ORDER BY id, reason
  ON CONFLICT DO NOTHING
  RETURNING order_id, reason
)
SELECT o.id, o.marketplace_id, o.country, o.state, o.outcome, o.modified_at,
       o.dispatch_by, s.reason, s.late_at
  FROM noted AS n
  JOIN soon AS s ON s.id = n.order_id AND s.reason || '_soon' = n.reason
  JOIN sales_order AS o ON o.id = n.order_id
 ORDER BY o.id, s.reason
