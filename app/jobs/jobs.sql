-- name: add_new
-- Jobs of subjects that have none yet; due now.
INSERT INTO job (id, kind, subject_id, tenant_id, exclusive, state, attempt, crashes,
                 run_after, created_at, traceparent)
SELECT id, :kind, subject_id, tenant_id, exclusive, 'queued', 0, 0, now(), now(),
       :traceparent
  FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS uuid[]), CAST(:tenants AS uuid[]),
              CAST(:names AS text[])) AS new (id, subject_id, tenant_id, exclusive)

-- name: try_exclusive
-- Whether no other transaction is claiming a job with the same exclusive name; a
-- statement of its own, so that the next one sees what the last holder committed.
SELECT exclusive IS NULL
       OR pg_try_advisory_xact_lock(hashtextextended('job ' || exclusive, 0))
  FROM job WHERE id = :id

-- name: is_due
-- Restricts a statement to queued jobs that may run now.
state = 'queued' AND run_after <= now()

-- name: is_free
-- Restricts a statement to jobs whose exclusive name no running job has.
(exclusive IS NULL OR NOT EXISTS (
    SELECT 1 FROM job AS other
     WHERE other.exclusive = job.exclusive AND other.state = 'running'
       AND other.id <> job.id))

-- name: first_of_tenant
-- The oldest due job of a tenant that another worker is not claiming now.
SELECT id FROM job
 WHERE {{is_due}} AND tenant_id = turn.tenant_id AND crashes < :suspect AND {{is_free}}
 ORDER BY run_after LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: next_job
-- The job whose turn it is, locked; its parts are evaluated one after the other until
-- one returns a row. First a job whose lease ran out. Then the oldest due job of the
-- next tenant after `after`, in the circle of tenant ids, for which no job runs. Then
-- that of the tenant with the fewest running jobs, unless it is in `full`.
-- The next tenant is found by an index lookup: the cost of a claim does not depend on
-- how many jobs a tenant has waiting.
WITH RECURSIVE running AS MATERIALIZED (
    SELECT tenant_id, count(*) AS jobs FROM job
     WHERE state = 'running' GROUP BY tenant_id
), onward AS (
    (SELECT tenant_id FROM job WHERE {{is_due}} AND tenant_id > :after
      ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT following.tenant_id FROM onward CROSS JOIN LATERAL (
        SELECT tenant_id FROM job WHERE {{is_due}} AND tenant_id > onward.tenant_id
         ORDER BY tenant_id LIMIT 1) AS following
), around AS (
    (SELECT tenant_id FROM job WHERE {{is_due}} AND tenant_id <= :after
      ORDER BY tenant_id LIMIT 1)
    UNION ALL
    SELECT following.tenant_id FROM around CROSS JOIN LATERAL (
        SELECT tenant_id FROM job
         WHERE {{is_due}} AND tenant_id > around.tenant_id AND tenant_id <= :after
         ORDER BY tenant_id LIMIT 1) AS following
)
(SELECT id FROM (
    SELECT id FROM job
     WHERE state = 'running' AND lease_until < now() AND crashes + 1 < :suspect
       AND tenant_id <> ALL(CAST(:full AS uuid[]))
     ORDER BY lease_until LIMIT 1 FOR UPDATE SKIP LOCKED) AS expired)
UNION ALL
(SELECT first.id FROM onward AS turn CROSS JOIN LATERAL ({{first_of_tenant}}) AS first
  WHERE turn.tenant_id NOT IN (SELECT tenant_id FROM running))
UNION ALL
(SELECT first.id FROM around AS turn CROSS JOIN LATERAL ({{first_of_tenant}}) AS first
  WHERE turn.tenant_id NOT IN (SELECT tenant_id FROM running))
UNION ALL
(SELECT first.id
   FROM (SELECT tenant_id FROM running
          WHERE tenant_id <> ALL(CAST(:full AS uuid[]))
          ORDER BY jobs, tenant_id <= :after, tenant_id) AS turn
  CROSS JOIN LATERAL ({{first_of_tenant}}) AS first)
LIMIT 1

-- name: as_claimed
-- What a claim changes. A lease that ran out counts as a crash of its worker.
state = 'running', attempt = attempt + 1, lease_token = :token,
       crashes = crashes + CASE WHEN state = 'running' THEN 1 ELSE 0 END,
       lease_until = now() + :lease

-- name: claim
-- Take a due job, or one whose lease ran out, unless it is suspect.
UPDATE job SET {{as_claimed}}
 WHERE id = :id
   AND (({{is_due}} AND crashes < :suspect)
        OR (state = 'running' AND lease_until < now() AND crashes + 1 < :suspect))
   AND {{is_free}}
RETURNING kind, subject_id, tenant_id, attempt, crashes, traceparent

-- name: reserve_suspect
-- Reserve a due job, or one whose lease ran out, that may only run alone: no other
-- worker takes it while this one waits for its other jobs to end.
UPDATE job SET lease_token = :token,
       run_after = CASE WHEN state = 'queued' THEN now() + :wait ELSE run_after END,
       lease_until = CASE WHEN state = 'running' THEN now() + :wait END
 WHERE id = (
    (SELECT id FROM (
        SELECT id FROM job
         WHERE {{is_due}} AND crashes > 0 AND crashes >= :suspect AND {{is_free}}
         ORDER BY run_after LIMIT 1 FOR UPDATE SKIP LOCKED) AS queued)
    UNION ALL
    (SELECT id FROM (
        SELECT id FROM job
         WHERE state = 'running' AND lease_until < now() AND crashes + 1 >= :suspect
         ORDER BY lease_until LIMIT 1 FOR UPDATE SKIP LOCKED) AS expired)
    LIMIT 1)
RETURNING id

-- name: claim_reserved
-- Take a reserved job, unless another worker took it because the wait was too long.
UPDATE job SET {{as_claimed}}
 WHERE id = :id AND lease_token = :reserved AND {{is_free}}
RETURNING kind, subject_id, tenant_id, attempt, crashes, traceparent

-- name: held
-- Restricts a statement to a job that the caller still holds.
WHERE id = :id AND lease_token = :token AND state = 'running'

-- name: renew
-- Extend the lease.
UPDATE job SET lease_until = now() + :lease {{held}}

-- name: finish
-- End the job.
UPDATE job SET state = :state, done_at = now(), lease_until = NULL,
       last_error = :error {{held}}

-- name: requeue
-- Release the job; it is due again after a pause. It is inserted again under its id, so
-- that a job of the same kind and subject that is queued at the same moment is a
-- conflict to resolve, not an error: that one does the work, at the earlier time.
WITH held AS (DELETE FROM job {{held}} RETURNING *)
INSERT INTO job (id, kind, subject_id, tenant_id, exclusive, state, attempt, crashes,
                 run_after, last_error, created_at, traceparent)
SELECT id, kind, subject_id, tenant_id, exclusive, 'queued', :attempt, :crashes,
       now() + :pause, coalesce(:error, last_error), created_at, traceparent
  FROM held
ON CONFLICT (kind, subject_id) WHERE state = 'queued' DO UPDATE
   SET run_after = least(job.run_after, excluded.run_after),
       last_error = coalesce(excluded.last_error, job.last_error)
RETURNING id

-- name: make_due
-- Make queued jobs of these subjects due now.
UPDATE job SET run_after = least(run_after, now())
 WHERE kind = :kind AND state = 'queued' AND subject_id = ANY(:subjects)
RETURNING id

-- name: open_subjects
-- Subjects for which a job is queued or runs.
SELECT subject_id FROM job
 WHERE kind = :kind AND subject_id = ANY(:subjects) AND state IN ('queued', 'running')

-- name: delete_ended
-- Delete jobs that ended long ago.
DELETE FROM job WHERE state IN ('done', 'dead') AND done_at < now() - :keep

-- name: delete_queued
-- Jobs whose subjects are deleted.
DELETE FROM job WHERE subject_id = ANY(:subjects) AND state <> 'running'

-- name: any_running
SELECT EXISTS (SELECT 1 FROM job WHERE subject_id = ANY(:subjects)
                  AND state = 'running' AND kind <> :but)

-- name: any_suspect
-- Whether a job may have crashed its worker.
(EXISTS (SELECT 1 FROM job WHERE state = 'queued' AND crashes > 0)
 OR EXISTS (SELECT 1 FROM job WHERE state = 'running' AND lease_until < now()))
