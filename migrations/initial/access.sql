-- Bearer keys: a scope, and the stores it is limited to (NULL: all stores).
CREATE TABLE api_key (
  id uuid PRIMARY KEY,
  name varchar(100) NOT NULL,
  digest varchar(64) NOT NULL,
  hint varchar(12) NOT NULL,
  scope varchar NOT NULL,
  store_ids uuid[],
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  UNIQUE (digest)
);

-- The audit log: who changed what. No foreign keys: entries outlive their subjects.
CREATE TABLE audit_entry (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  key_id uuid,
  actor varchar NOT NULL,
  rule varchar,
  action varchar NOT NULL,
  subject_type varchar NOT NULL,
  subject_id varchar NOT NULL,
  store_id uuid,
  account_id uuid,
  differences jsonb NOT NULL,
  changed integer NOT NULL
);
CREATE INDEX ix_audit_entry_store ON audit_entry (store_id, id);
CREATE INDEX ix_audit_entry_subject ON audit_entry (subject_id, id);
CREATE INDEX ix_audit_entry_actor ON audit_entry (actor, id);
CREATE INDEX ix_audit_entry_at ON audit_entry (at);

-- Entries are only added, also by the owner of the table.
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
