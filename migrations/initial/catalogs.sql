-- One upload and the result of its import.
CREATE TABLE catalog (
  id uuid PRIMARY KEY,
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  mode varchar(10) NOT NULL DEFAULT 'full',
  state varchar NOT NULL,
  phase varchar,
  media_type varchar NOT NULL,
  filename varchar(255),
  size_bytes bigint NOT NULL,
  sha256 varchar(64) NOT NULL,
  storage_key varchar NOT NULL,
  given jsonb NOT NULL,
  found jsonb NOT NULL,
  columns jsonb NOT NULL,
  source_categories jsonb NOT NULL,
  counts jsonb NOT NULL,
  problem_counts jsonb NOT NULL,
  excluded_by jsonb NOT NULL DEFAULT '{}',
  empty_fields jsonb,
  config_version integer,
  as_of timestamptz,
  same_as uuid,
  reason_code varchar,
  reason varchar,
  accepted varchar,
  progress bigint NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX ix_catalog_store ON catalog (store_id, id);
CREATE TRIGGER progress BEFORE UPDATE ON catalog
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION refeed_count_progress();

-- What is wrong with one field of one row.
CREATE TABLE catalog_problem (
  catalog_id uuid NOT NULL,
  line integer NOT NULL,
  field varchar NOT NULL,
  code varchar NOT NULL,
  sku varchar,
  value varchar,
  PRIMARY KEY (catalog_id, line, field, code)
);

-- Stock or price of an offer that is newer than the current catalog.
CREATE TABLE quick_update (
  store_id uuid NOT NULL,
  sku_key varchar COLLATE "C" NOT NULL,
  "over" bigint,
  quantity integer,
  quantity_at timestamptz,
  price numeric(12, 2),
  price_at timestamptz,
  PRIMARY KEY (store_id, sku_key)
);
ALTER TABLE quick_update ALTER COLUMN store_id SET STATISTICS 0;

-- Row hashes of a store's last import, in parts.
CREATE TABLE offer_digest (
  store_id uuid NOT NULL,
  part smallint NOT NULL,
  identity varchar NOT NULL,
  signs jsonb NOT NULL,
  rows bytea NOT NULL,
  PRIMARY KEY (store_id, part)
);
-- Hashes do not compress.
ALTER TABLE offer_digest ALTER COLUMN rows SET STORAGE EXTERNAL;
