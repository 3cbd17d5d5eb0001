-- Keys of POST requests with their answers (all zeros: the admin key).
-- status is NULL while the request runs.
CREATE TABLE idempotency_key (
  api_key_id uuid NOT NULL,
  digest bytea NOT NULL,
  claim_id uuid NOT NULL,
  lease_until timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  status integer,
  fingerprint bytea,
  size_bytes bigint,
  cipher bytea,
  cipher_key varchar,
  PRIMARY KEY (api_key_id, digest)
);
CREATE INDEX ix_idempotency_key_expires ON idempotency_key (expires_at);
