-- The URL that a store's catalogs are pulled from.
CREATE TABLE catalog_source (
  id uuid PRIMARY KEY,
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  url varchar(2000) NOT NULL,
  interval_s integer,
  scheduled boolean NOT NULL,
  username varchar(200),
  password_cipher bytea,
  password_key_id varchar(16),
  stated jsonb NOT NULL,
  etag varchar,
  last_modified varchar,
  state varchar NOT NULL,
  failures integer NOT NULL,
  last_pull jsonb,
  next_pull_at timestamptz,
  requested_at timestamptz,
  started_at timestamptz,
  version integer NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX ix_catalog_source_due ON catalog_source (next_pull_at)
  WHERE next_pull_at IS NOT NULL;
CREATE UNIQUE INDEX ux_catalog_source_store ON catalog_source (store_id);
