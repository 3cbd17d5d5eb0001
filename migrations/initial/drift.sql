-- One comparison of a store's offers with all listings in its market.
CREATE TABLE drift_check (
  store_id uuid PRIMARY KEY REFERENCES store (id) ON DELETE CASCADE,
  state varchar NOT NULL,
  reason_code varchar,
  reason varchar,
  requested_at timestamptz NOT NULL,
  started_at timestamptz,
  read_at timestamptz,
  finished_at timestamptz,
  page integer NOT NULL,
  evaluated_key varchar COLLATE "C",
  listings integer NOT NULL,
  failures integer NOT NULL,
  counts jsonb NOT NULL
);

-- Listings read by the running comparison; emptied when it is evaluated.
CREATE TABLE listing_snapshot (
  store_id uuid NOT NULL,
  sku_key varchar COLLATE "C" NOT NULL,
  found boolean NOT NULL,
  listing_id varchar,
  older_id varchar,
  grade varchar,
  price numeric(12, 2),
  min_price numeric(12, 2),
  quantity bigint,
  warranty_delay bigint,
  comment varchar,
  publication_state smallint,
  max_price numeric(12, 2),
  PRIMARY KEY (store_id, sku_key)
);
ALTER TABLE listing_snapshot ALTER COLUMN store_id SET STATISTICS 0;

-- Rows without a foreign key end with their store.
CREATE FUNCTION refeed_delete_store_snapshots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM listing_snapshot WHERE store_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER delete_snapshots BEFORE DELETE ON store
  FOR EACH ROW EXECUTE FUNCTION refeed_delete_store_snapshots();
