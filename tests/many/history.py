"""Who held which job when, written down by the database itself."""

from itertools import pairwise

from tests.support.stack import query

BEGIN = """
CREATE TABLE job_history (
  number bigserial, id uuid, exclusive text, state text, last_error text);
CREATE FUNCTION note_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO job_history (id, exclusive, state, last_error)
  VALUES (NEW.id, NEW.exclusive, NEW.state, NEW.last_error);
  RETURN NULL;
END $$;
CREATE TRIGGER note_job AFTER UPDATE OF state, lease_token ON job
  FOR EACH ROW EXECUTE FUNCTION note_job();
CREATE FUNCTION note_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO job_history (id, exclusive, state)
  VALUES (OLD.id, OLD.exclusive, 'released');
  RETURN NULL;
END $$;
CREATE TRIGGER note_release AFTER DELETE ON job
  FOR EACH ROW WHEN (OLD.state = 'running') EXECUTE FUNCTION note_release();
CREATE FUNCTION note_error() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO job_history (id, last_error) VALUES (NEW.id, NEW.last_error);
  RETURN NULL;
END $$;
CREATE TRIGGER note_error AFTER INSERT ON job
  FOR EACH ROW WHEN (NEW.last_error IS NOT NULL) EXECUTE FUNCTION note_error();
"""
"""A job that waits again is deleted and inserted (`requeue` in app/jobs/jobs.sql)."""


def begin_history(database_url: str) -> None:
    query(database_url, BEGIN)


def cut_short(database_url: str) -> list[str]:
    """Jobs that one worker started while another was still running them.

    A worker that claims a job writes `running`, and another state when it releases it.
    """
    rows = query(
        database_url,
        "SELECT exclusive, state FROM job_history WHERE state IS NOT NULL "
        "ORDER BY exclusive, number",
    )
    assert rows
    return [
        name
        for (name, state), (other, then) in pairwise(rows)
        if name == other and state == then == "running"
    ]


def errors(database_url: str) -> list[str]:
    """What went wrong with jobs, whether they were tried again or not."""
    rows = query(
        database_url,
        "SELECT DISTINCT last_error FROM job_history WHERE last_error IS NOT NULL",
    )
    return [row[0] for row in rows]
