-- One job. At most one job with the same `exclusive` name runs. While a job runs, one
-- more may be queued for its subject.
CREATE TABLE job (
  id uuid PRIMARY KEY,
  kind varchar NOT NULL,
  subject_id uuid NOT NULL,
  tenant_id uuid NOT NULL,
  exclusive varchar,
  state varchar NOT NULL,
  attempt integer NOT NULL,
  crashes integer NOT NULL,
  run_after timestamptz NOT NULL,
  lease_until timestamptz,
  lease_token uuid,
  last_error varchar(500),
  traceparent varchar(55),
  created_at timestamptz NOT NULL,
  done_at timestamptz
);
CREATE INDEX ix_job_turn ON job (tenant_id, run_after) WHERE state = 'queued';
CREATE INDEX ix_job_suspect ON job (run_after) WHERE state = 'queued' AND crashes > 0;
CREATE INDEX ix_job_lease ON job (lease_until) WHERE state = 'running';
CREATE INDEX ix_job_subject ON job (subject_id);
CREATE UNIQUE INDEX ux_job_queued_subject ON job (kind, subject_id)
  WHERE state = 'queued';
CREATE UNIQUE INDEX ux_job_running_exclusive ON job (exclusive) WHERE state = 'running';

-- Columns that other packages may read.
CREATE VIEW job_view AS
  SELECT id, kind, subject_id, tenant_id, exclusive, state, attempt, crashes, run_after,
         lease_until, created_at, done_at
    FROM job;
