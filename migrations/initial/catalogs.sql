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
  stated jsonb NOT NULL,
  detected jsonb NOT NULL,
  columns jsonb NOT NULL,
  source_categories jsonb NOT NULL,
  counts jsonb NOT NULL,
  problem_counts jsonb NOT NULL,
  excluded_by jsonb NOT NULL DEFAULT '{}',
  empty_fields jsonb,
  config_version integer,
  as_of timestamptz,
  duplicate_of uuid,
  superseded_by uuid,
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

-- Bytes that are reserved for an upload while it arrives.
CREATE TABLE upload_reservation (
  store_id uuid NOT NULL,
  id uuid NOT NULL,
  size_bytes bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (store_id, id)
);

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
  base_fingerprint bigint,
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
  separators jsonb NOT NULL,
  rows bytea NOT NULL,
  PRIMARY KEY (store_id, part)
);
-- Hashes do not compress.
ALTER TABLE offer_digest ALTER COLUMN rows SET STORAGE EXTERNAL;

-- Only a full catalog may be current: offers that it does not name disappear.
CREATE FUNCTION refeed_require_full_catalog() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM catalog
              WHERE id = NEW.current_catalog_id AND mode = 'partial') THEN
    RAISE EXCEPTION 'a partial catalog cannot be current';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER require_full_catalog BEFORE UPDATE OF current_catalog_id ON store
  FOR EACH ROW
  WHEN (OLD.current_catalog_id IS DISTINCT FROM NEW.current_catalog_id)
  EXECUTE FUNCTION refeed_require_full_catalog();

-- Columns that other packages may read.
CREATE VIEW catalog_view AS
  SELECT id, store_id, mode, state, phase, media_type, filename, size_bytes, sha256,
         storage_key, stated, detected, columns, source_categories, counts,
         problem_counts, excluded_by, empty_fields, config_version, as_of, duplicate_of,
         reason_code, reason, accepted, created_at, finished_at
    FROM catalog;

-- For packages below catalogs: marks the current full catalog and the partial ones
-- after it for a new import.
CREATE FUNCTION refeed_mark_catalogs_for_import(store uuid) RETURNS void
  LANGUAGE sql AS $$
  UPDATE catalog SET state = 'importing'
   WHERE store_id = $1 AND storage_key <> ''
     AND state IN ('ready', 'awaiting_mapping')
     AND id >= coalesce(
       (SELECT id FROM catalog
         WHERE store_id = $1 AND mode = 'full'
           AND state IN ('ready', 'awaiting_mapping')
         ORDER BY id DESC LIMIT 1),
       '00000000-0000-0000-0000-000000000000')
$$;

-- Ends the full uploads that waited before a full one that was imported. One whose data
-- are newer stays, and so does one with a partial upload after it that still waits.
CREATE FUNCTION refeed_supersede_catalogs(newer uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE catalog AS c SET
    state = 'superseded', superseded_by = n.id, finished_at = now(),
    reason_code = 'superseded',
    reason = format('Catalog %s, which was received later, was imported instead.', n.id)
    FROM catalog AS n
   WHERE n.id = $1 AND n.mode = 'full' AND n.state = 'ready'
     AND c.store_id = n.store_id AND c.id < n.id
     AND c.mode = 'full' AND c.state = 'received'
     AND coalesce(c.as_of, c.created_at) <= coalesce(n.as_of, n.created_at)
     AND NOT EXISTS (SELECT 1 FROM catalog AS p
                      WHERE p.store_id = n.store_id AND p.id > c.id AND p.id < n.id
                        AND p.mode = 'partial' AND p.state = 'received')
$$;

-- Rows without a foreign key end with their store.
CREATE FUNCTION refeed_delete_store_catalogs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM catalog_problem
   WHERE catalog_id IN (SELECT id FROM catalog WHERE store_id = OLD.id);
  DELETE FROM offer_digest WHERE store_id = OLD.id;
  DELETE FROM quick_update WHERE store_id = OLD.id;
  DELETE FROM upload_reservation WHERE store_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER delete_catalogs BEFORE DELETE ON store
  FOR EACH ROW EXECUTE FUNCTION refeed_delete_store_catalogs();
