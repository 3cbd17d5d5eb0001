-- Statements of alert channels and their job. `p` is a row of `alert_pending`.

-- name: is_due
-- `c` is a row of `alert_channel`. A message that failed is due after its pause only.
(c.paused_until IS NULL OR c.paused_until <= now())
AND (c.last_sent_at IS NULL OR c.last_sent_at <= now() - :digest
     OR EXISTS (SELECT 1 FROM alert_pending AS p
                 WHERE p.channel_id = c.id AND p.claimed))
AND EXISTS (SELECT 1 FROM alert_pending AS p
             WHERE p.channel_id = c.id AND p.created_at <= now() - :digest)

-- name: channels_due
-- Enabled channels whose first pending event waited for the digest time, and whose last
-- message is as old; those with a pending test; and for whom their jobs are. The next
-- channel is found by an index lookup, however many events wait for one.
WITH RECURSIVE waiting AS (
    (SELECT channel_id FROM alert_pending ORDER BY channel_id LIMIT 1)
    UNION ALL
    SELECT following.channel_id FROM waiting CROSS JOIN LATERAL (
        SELECT channel_id FROM alert_pending WHERE channel_id > waiting.channel_id
         ORDER BY channel_id LIMIT 1) AS following
),
due AS (
    SELECT c.id FROM waiting JOIN alert_channel AS c ON c.id = waiting.channel_id
     WHERE {{is_due}}
    UNION
    SELECT c.id FROM alert_channel AS c WHERE c.test_state = 'pending'
)
SELECT c.id, coalesce(s.account_id, s.id) AS tenant_id
  FROM due JOIN alert_channel AS c ON c.id = due.id AND c.state = 'enabled'
  JOIN store_view AS s ON s.id = c.store_id

-- name: channel_is_due
SELECT EXISTS (SELECT 1 FROM alert_channel AS c WHERE c.id = :channel AND {{is_due}})

-- name: claim
-- All that is pending becomes one message, unless one is being sent: a message that is
-- sent again after a failure has the same events.
UPDATE alert_pending SET claimed = true
 WHERE channel_id = :channel AND event_id IN (
   SELECT event_id FROM alert_pending
    WHERE channel_id = :channel AND NOT EXISTS (
      SELECT 1 FROM alert_pending WHERE channel_id = :channel AND claimed)
    ORDER BY created_at LIMIT :limit)

-- name: counts
SELECT v.type, count(*) AS events
  FROM alert_pending AS p JOIN event_view AS v ON v.id = p.event_id
 WHERE p.channel_id = :channel AND p.claimed
 GROUP BY v.type ORDER BY count(*) DESC, v.type

-- name: first_events
SELECT v.id, v.type, v.occurred_at, v.body
  FROM alert_pending AS p JOIN event_view AS v ON v.id = p.event_id
 WHERE p.channel_id = :channel AND p.claimed
 ORDER BY p.position LIMIT :limit

-- name: delete_sent
DELETE FROM alert_pending WHERE channel_id = :channel AND claimed

-- name: store_name
SELECT name FROM store_view WHERE id = :store

-- name: any_pending
(EXISTS (SELECT 1 FROM alert_pending)
 OR EXISTS (SELECT 1 FROM alert_channel WHERE test_state = 'pending'))
