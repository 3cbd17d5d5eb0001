-- Endpoints and deliveries that a caller sees. `stores`: those of the caller's key, or
-- NULL for all. `e` is a row of `webhook_endpoint`.

-- name: visible
-- A key sees an endpoint if it covers every store whose events this one gets.
CAST(:stores AS uuid[]) IS NULL OR CASE e.scope
  WHEN 'stores' THEN NOT EXISTS (
    SELECT 1 FROM webhook_endpoint_store AS l
     WHERE l.endpoint_id = e.id AND l.store_id <> ALL(:stores))
  WHEN 'account' THEN (
    SELECT coalesce(bool_and(s.id = ANY(:stores)), false) FROM store_view AS s
     WHERE s.account_id = e.account_id)
  ELSE false END

-- name: list
SELECT e.* FROM webhook_endpoint AS e
 WHERE ({{visible}}) AND (CAST(:after AS uuid) IS NULL OR e.id > :after)
 ORDER BY e.id LIMIT :limit

-- name: is_visible
SELECT EXISTS (SELECT 1 FROM webhook_endpoint AS e WHERE e.id = :id AND ({{visible}}))

-- name: siblings
-- How many endpoints get events of the same stores or account.
SELECT count(DISTINCT e.id) FROM webhook_endpoint AS e
  LEFT JOIN webhook_endpoint_store AS l ON l.endpoint_id = e.id
 WHERE CASE :scope WHEN 'all' THEN e.scope = 'all'
                   WHEN 'account' THEN e.account_id = CAST(:account AS uuid)
                   ELSE l.store_id = ANY(CAST(:stores AS uuid[])) END

-- name: list_deliveries
-- Newest event first.
SELECT d.*, v.occurred_at FROM event_delivery AS d JOIN event_view AS v ON v.id = d.event_id
 WHERE d.endpoint_id = :endpoint
   AND (CAST(:before AS uuid) IS NULL OR d.event_id < :before)
   AND (CAST(:state AS varchar) IS NULL OR d.state = :state)
   AND (CAST(:type AS varchar) IS NULL OR d.type = :type)
   AND (CAST(:from AS timestamptz) IS NULL OR v.occurred_at >= :from)
   AND (CAST(:to AS timestamptz) IS NULL OR v.occurred_at < :to)
 ORDER BY d.event_id DESC LIMIT :limit

-- name: delivery
SELECT d.*, v.occurred_at, v.body
  FROM event_delivery AS d JOIN event_view AS v ON v.id = d.event_id
 WHERE d.endpoint_id = :endpoint AND d.event_id = :event
