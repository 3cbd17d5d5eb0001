-- Secrets that sign a store's webhooks. One is current; replaced ones expire.
CREATE TABLE hook_secret (
  id uuid PRIMARY KEY,
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  cipher bytea NOT NULL,
  key_id varchar NOT NULL,
  created_at timestamptz NOT NULL,
  valid_until timestamptz
);
CREATE INDEX ix_hook_secret_store ON hook_secret (store_id);
CREATE UNIQUE INDEX ux_hook_secret_current ON hook_secret (store_id)
  WHERE valid_until IS NULL;

-- Webhooks received, by id, so that a repeat gets the same answer.
CREATE TABLE hook_call (
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  webhook_id varchar(255) NOT NULL,
  body_sha256 bytea NOT NULL,
  publication_id uuid,
  received_at timestamptz NOT NULL,
  PRIMARY KEY (store_id, webhook_id)
);
CREATE INDEX ix_hook_call_received ON hook_call (received_at);
