-- name: jobs
-- Queued and running jobs by kind. A job whose turn has not come because one with its
-- exclusive name runs is not due. Reads the partial indexes of unfinished jobs.
WITH running AS MATERIALIZED (
    SELECT kind, exclusive FROM job_view WHERE state = 'running'
), queued AS (
    SELECT kind, run_after,
           run_after <= now() AND NOT EXISTS (
               SELECT 1 FROM running WHERE running.exclusive = job.exclusive) AS due
      FROM job_view AS job WHERE state = 'queued'
)
SELECT kind, count(*) FILTER (WHERE due) AS due, count(*) FILTER (WHERE NOT due) AS later,
       0 AS running,
       coalesce(extract(epoch FROM now() - min(run_after) FILTER (WHERE due)), 0)::float8
       AS oldest
  FROM queued GROUP BY kind
UNION ALL
SELECT kind, 0, 0, count(*), 0 FROM running GROUP BY kind

-- name: lines
-- Lines of all seller accounts in the last hour, and the accounts without any left.
WITH used AS (
    SELECT account_id, sum(lines) AS lines FROM line_spend_view
     WHERE at > now() - :hour GROUP BY account_id
), account AS (
    SELECT coalesce(lines_per_hour, :lines_per_hour) AS lines_per_hour,
           coalesce(used.lines, 0) AS used
      FROM seller_account_view AS a LEFT JOIN used ON used.account_id = a.id
)
SELECT coalesce(sum(used), 0)::bigint AS used,
       coalesce(sum(greatest(lines_per_hour - used, 0)), 0)::bigint AS remaining,
       count(*) FILTER (WHERE used >= lines_per_hour) AS exhausted
  FROM account

-- name: accounts
-- Seller accounts by the state of their connection.
SELECT connection, count(*) AS accounts FROM seller_account_view GROUP BY connection

-- name: orders
-- Orders that the seller is late with, and for how long with the oldest. Reads the
-- partial index of open orders.
SELECT 'not_accepted' AS reason, count(*) AS orders,
       coalesce(extract(epoch FROM :accept_before
           - min(coalesce(o.paid_at, o.created_at))), 0)::float8 AS oldest
  FROM sales_order_view AS o WHERE {{not_accepted}}
UNION ALL
SELECT 'not_shipped', count(*),
       coalesce(extract(epoch FROM :now - min(o.dispatch_by)), 0)::float8
  FROM sales_order_view AS o WHERE {{not_shipped}}

-- name: publications
-- Publications that have not ended, by state. Each part has the condition of a partial
-- index.
SELECT state, count(*) AS publications FROM (
    SELECT state FROM publication_view WHERE state = 'requested'
    UNION ALL
    SELECT state FROM publication_view
     WHERE state IN ('planning', 'sending', 'waiting') AND priority
    UNION ALL
    SELECT state FROM publication_view
     WHERE state IN ('planning', 'sending', 'waiting') AND NOT priority) AS unfinished
 GROUP BY state

-- name: endpoints
-- Webhook endpoints: `failing` ones are sent to and refuse, `disabled` are those that
-- refused for too long, `off` those that their owners switched off.
SELECT CASE WHEN state = 'enabled' AND failures = 0 THEN 'enabled'
            WHEN state = 'enabled' THEN 'failing'
            WHEN disabled_reason = 'requested' THEN 'off'
            ELSE 'disabled' END AS state, count(*) AS endpoints
  FROM webhook_endpoint_view GROUP BY 1

-- name: deliveries
-- Deliveries that have not ended, and for how long the oldest is due at an endpoint
-- that is not paused. Reads the partial index of pending deliveries.
SELECT count(*) AS pending,
       coalesce(extract(epoch FROM now() - min(d.next_attempt_at) FILTER (
           WHERE d.next_attempt_at <= now() AND e.id IS NOT NULL)), 0)::float8 AS oldest
  FROM event_delivery_view AS d
  LEFT JOIN webhook_endpoint_view AS e
    ON e.id = d.endpoint_id AND e.state = 'enabled'
   AND (e.paused_until IS NULL OR e.paused_until <= now())
 WHERE d.state = 'pending'

-- name: channels
-- Alert channels: `failing` ones are tried again, `disabled` are those whose recipients
-- or chat refused for too long, `off` those that their owners switched off.
SELECT CASE WHEN state = 'enabled' AND failures = 0 THEN 'enabled'
            WHEN state = 'enabled' THEN 'failing'
            WHEN disabled_reason = 'requested' THEN 'off'
            ELSE 'disabled' END AS state, count(*) AS channels
  FROM alert_channel_view GROUP BY 1

-- name: service_cases
-- Accounts that have used their requests for service cases: the next one is allowed
-- when its clock is no further ahead.
SELECT count(*) FILTER (WHERE day_clock > now() + :ahead) AS accounts
  FROM service_case_sync_view
