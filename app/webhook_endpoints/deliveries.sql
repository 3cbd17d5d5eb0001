-- Statements of the delivery job. `d` is a row of `event_delivery`.

-- name: is_due
d.state = 'pending' AND d.next_attempt_at <= now()

-- name: endpoints_due
-- Enabled endpoints with a delivery that is due, and for whom their jobs are. The next
-- endpoint is found by an index lookup, however many deliveries wait for one.
WITH RECURSIVE waiting AS (
    (SELECT endpoint_id FROM event_delivery WHERE state = 'pending'
      ORDER BY endpoint_id LIMIT 1)
    UNION ALL
    SELECT following.endpoint_id FROM waiting CROSS JOIN LATERAL (
        SELECT endpoint_id FROM event_delivery
         WHERE state = 'pending' AND endpoint_id > waiting.endpoint_id
         ORDER BY endpoint_id LIMIT 1) AS following
)
SELECT e.id, coalesce(e.account_id, (
         SELECT coalesce(s.account_id, s.id)
           FROM webhook_endpoint_store AS l JOIN store_view AS s ON s.id = l.store_id
          WHERE l.endpoint_id = e.id ORDER BY l.store_id LIMIT 1), e.id) AS tenant_id
  FROM waiting JOIN webhook_endpoint AS e ON e.id = waiting.endpoint_id
 WHERE e.state = 'enabled' AND (e.paused_until IS NULL OR e.paused_until <= now())
   AND EXISTS (SELECT 1 FROM event_delivery AS d
                WHERE d.endpoint_id = e.id AND {{is_due}})

-- name: next_batch
-- The oldest pending delivery of each subject, if it is due. A later one of the subject
-- that is due waits as long as the oldest, so that it is not looked at again before.
WITH due AS (
  SELECT d.event_id, d.subject_id FROM event_delivery AS d
   WHERE d.endpoint_id = :endpoint AND {{is_due}}
   ORDER BY d.next_attempt_at LIMIT :scanned
),
heads AS (
  SELECT due.event_id, head.event_id AS head_id, head.next_attempt_at
    FROM due CROSS JOIN LATERAL (
      SELECT d.event_id, d.next_attempt_at FROM event_delivery AS d
       WHERE d.endpoint_id = :endpoint AND d.subject_id = due.subject_id
         AND d.state = 'pending'
       ORDER BY d.position LIMIT 1) AS head
),
blocked AS (
  UPDATE event_delivery AS d SET next_attempt_at = h.next_attempt_at
    FROM heads AS h
   WHERE d.endpoint_id = :endpoint AND d.event_id = h.event_id
     AND h.head_id <> h.event_id AND h.next_attempt_at > now()
)
SELECT d.event_id, d.attempts, v.body
  FROM event_delivery AS d JOIN event_view AS v ON v.id = d.event_id
 WHERE d.endpoint_id = :endpoint
   AND d.event_id IN (SELECT head_id FROM heads WHERE next_attempt_at <= now())
 ORDER BY d.position LIMIT :limit

-- name: any_due
SELECT EXISTS (SELECT 1 FROM event_delivery AS d
                WHERE d.endpoint_id = :endpoint AND {{is_due}})

-- name: record_attempts
-- The log keeps the last attempts, newest first.
UPDATE event_delivery AS d
   SET state = r.state, attempts = d.attempts + 1,
       next_attempt_at = r.next_attempt_at,
       ended_at = CASE WHEN r.state <> 'pending' THEN now() END,
       log = jsonb_path_query_array(jsonb_build_array(r.entry) || d.log, '$[0 to 9]')
  FROM jsonb_to_recordset(CAST(:results AS jsonb)) AS r (
         event_id uuid, state varchar, next_attempt_at timestamptz, entry jsonb)
 WHERE d.endpoint_id = :endpoint AND d.event_id = r.event_id AND d.state = 'pending'

-- name: add_test
-- The delivery of an event that one endpoint gets.
INSERT INTO event_delivery (endpoint_id, event_id, type, subject_id, position, state,
                            attempts, next_attempt_at, log)
SELECT :endpoint, id, type, subject_id, position, 'pending', 0, now(), '[]'
  FROM event_view WHERE id = :event

-- name: may_see
-- Whether the endpoint may see an event `v`.
v.type <> 'webhook_endpoint.test' AND :endpoint IN (
  SELECT refeed_endpoints_that_see(v.account_id, v.store_id, v.country))

-- name: make_due
-- Inserts the deliveries of `found` events, or makes them due once more.
replayed AS (
  INSERT INTO event_delivery AS d (endpoint_id, event_id, type, subject_id, position,
                                   state, attempts, next_attempt_at, log)
  SELECT :endpoint, id, type, subject_id, position, 'pending', 0, now(), '[]'
    FROM found
  ON CONFLICT (endpoint_id, event_id) DO UPDATE
     SET state = 'pending', attempts = 0, next_attempt_at = now(), ended_at = NULL
  RETURNING position
)
SELECT count(*) AS events, max(position) AS last FROM replayed

-- name: replay_one
WITH found AS (
  SELECT v.id, v.type, v.subject_id, v.position FROM event_view AS v
   WHERE v.id = :event AND {{may_see}}
),
{{make_due}}

-- name: replay_period
-- Events that occurred in the period, of the given types, after a position.
WITH found AS (
  SELECT v.id, v.type, v.subject_id, v.position FROM event_view AS v
   WHERE v.occurred_at >= :from AND v.occurred_at < :to AND v.position > :after
     AND v.type <> 'webhook_endpoint.test'
     AND (CAST(:types AS varchar[]) IS NULL OR v.type = ANY(:types))
     AND (:scope = 'all' OR v.account_id = CAST(:account AS uuid)
          OR v.store_id = ANY(CAST(:stores AS uuid[]))
          OR (v.store_id IS NULL AND {{may_see}}
              AND v.account_id IN (SELECT account_id FROM store_view
                                    WHERE id = ANY(CAST(:stores AS uuid[])))))
   ORDER BY v.position LIMIT :limit
),
{{make_due}}

-- name: any_pending
EXISTS (SELECT 1 FROM event_delivery WHERE state = 'pending')
