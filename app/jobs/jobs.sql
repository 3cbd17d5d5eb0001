-- name: try_exclusive
-- Whether no other transaction is claiming a job with the same exclusive name; a
-- statement of its own, so that the next one sees what the last holder committed.
SELECT exclusive IS NULL
       OR pg_try_advisory_xact_lock(hashtextextended('job ' || exclusive, 0))
  FROM job WHERE id = :id

-- name: claim
-- Take a due job, or one whose lease ran out. A lease that ran out counts as a crash
-- of the worker that held it. A suspect job is taken only to run alone.
UPDATE job SET state = 'running', attempt = attempt + 1, lease_token = :token,
       crashes = crashes + CASE WHEN state = 'running' THEN 1 ELSE 0 END,
       lease_until = now() + :lease, woken_at = NULL
 WHERE id = :id
   AND ((state = 'queued' AND run_after <= now())
        OR (state = 'running' AND lease_until < now()))
   AND (:alone OR crashes + CAST(state = 'running' AS int) < :suspect)
   AND (exclusive IS NULL OR NOT EXISTS (
        SELECT 1 FROM job AS other
         WHERE other.exclusive = job.exclusive AND other.state = 'running'
           AND other.id <> job.id))
RETURNING kind, subject_id, exclusive, attempt, crashes

-- name: is_suspect
-- Whether a due job, or one whose lease ran out, may be taken only to run alone.
SELECT EXISTS (
    SELECT 1 FROM job
     WHERE id = :id
       AND ((state = 'queued' AND run_after <= now())
            OR (state = 'running' AND lease_until < now()))
       AND crashes + CAST(state = 'running' AS int) >= :suspect)

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
-- Release the job; it is due again after a pause.
UPDATE job SET state = 'queued', run_after = now() + :pause, attempt = :attempt,
       crashes = :crashes, lease_until = NULL, lease_token = NULL, woken_at = NULL,
       last_error = coalesce(:error, last_error) {{held}}

-- name: queued_twin
-- The queued job of the same kind and subject, locked.
SELECT id FROM job
 WHERE kind = :kind AND subject_id = :subject AND state = 'queued' FOR UPDATE

-- name: due
-- Mark due jobs as woken and return them; jobs woken a moment ago are left out.
UPDATE job SET woken_at = now()
 WHERE id IN (
    SELECT id FROM job
     WHERE ((state = 'queued' AND run_after <= now())
            OR (state = 'running' AND lease_until < now()))
       AND (woken_at IS NULL OR woken_at < now() - :again)
     ORDER BY run_after LIMIT :limit FOR UPDATE SKIP LOCKED)
RETURNING id

-- name: waiting_behind
-- The next due job with an exclusive name.
SELECT id FROM job
 WHERE exclusive = :name AND state = 'queued' AND run_after <= now()
 ORDER BY id LIMIT 1

-- name: make_due
-- Make queued jobs of these subjects due now.
UPDATE job SET run_after = least(run_after, now()), woken_at = NULL
 WHERE kind = :kind AND state = 'queued' AND subject_id = ANY(:subjects)
RETURNING id

-- name: delete_ended
-- Delete jobs that ended long ago.
DELETE FROM job WHERE state IN ('done', 'dead') AND done_at < now() - :keep

-- name: delete_queued
-- Jobs whose subjects are deleted.
DELETE FROM job WHERE subject_id = ANY(:subjects) AND state <> 'running'

-- name: any_running
SELECT EXISTS (SELECT 1 FROM job WHERE subject_id = ANY(:subjects)
                  AND state = 'running' AND kind <> :but)
