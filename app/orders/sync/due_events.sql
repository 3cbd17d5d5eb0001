-- Orders that became due. `o` is an order; its conditions are those of `due.py`.

-- name: become_due
-- Orders that are due for a reason for which no event was recorded yet.
WITH due AS (
  SELECT o.id, r.reason FROM sales_order AS o
   CROSS JOIN unnest(CAST(:reasons AS varchar[])) AS r (reason)
   WHERE o.account_id = :account AND o.state IN (1, 3) AND o.outcome = 'open'
     AND CASE r.reason WHEN 'not_accepted' THEN {{not_accepted}}
                     WHEN 'not_shipped' THEN {{not_shipped}} END
     AND NOT EXISTS (SELECT 1 FROM order_due_notice AS n
                      WHERE n.order_id = o.id AND n.reason = r.reason)
),
noted AS (
  INSERT INTO order_due_notice (order_id, reason, at)
  SELECT id, reason, now() FROM due ORDER BY id, reason
  ON CONFLICT DO NOTHING
  RETURNING order_id, reason
)
SELECT o.id, o.marketplace_id, o.country, o.state, o.outcome, o.modified_at,
       o.dispatch_by, n.reason
  FROM noted AS n JOIN sales_order AS o ON o.id = n.order_id
 ORDER BY o.id, n.reason
