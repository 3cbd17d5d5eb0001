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
  sku varchar,
  title varchar,
  product_id varchar,
  backmarket_id bigint,
  PRIMARY KEY (store_id, sku_key)
);
ALTER TABLE listing_snapshot ALTER COLUMN store_id SET STATISTICS 0;

-- One request to read all listings of a store: its state and its result.
CREATE TABLE listing_import (
  id uuid PRIMARY KEY,
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  trigger varchar NOT NULL,
  state varchar NOT NULL,
  reason_code varchar,
  reason varchar,
  listings integer NOT NULL DEFAULT 0,
  counts jsonb NOT NULL DEFAULT '{}',
  requested_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX ix_listing_import_store ON listing_import (store_id, id);

-- What was decided about a listing that no catalog row names, who did it and when.
CREATE TABLE listing_decision (
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  sku_key varchar COLLATE "C" NOT NULL,
  decision varchar NOT NULL,
  decided_by varchar NOT NULL,
  decided_at timestamptz NOT NULL,
  PRIMARY KEY (store_id, sku_key)
);
ALTER TABLE listing_decision ALTER COLUMN store_id SET STATISTICS 0;

-- One read, per seller account, of the markets without a store in refeed.
CREATE TABLE other_market_check (
  account_id uuid PRIMARY KEY REFERENCES seller_account (id) ON DELETE CASCADE,
  state varchar NOT NULL,
  reason_code varchar,
  reason varchar,
  requested_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  read_at timestamptz,
  markets varchar[] NOT NULL DEFAULT '{}',
  page integer NOT NULL DEFAULT 1,
  failures integer NOT NULL DEFAULT 0
);

-- Listings that were online in such markets. `found` is filled by the read that runs.
CREATE TABLE other_market_listing (
  account_id uuid NOT NULL REFERENCES seller_account (id) ON DELETE CASCADE,
  sku_key varchar COLLATE "C" NOT NULL,
  markets varchar[] NOT NULL DEFAULT '{}',
  found varchar[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (account_id, sku_key)
);

-- Columns that other packages may read.
CREATE VIEW listing_decision_view AS
  SELECT store_id, sku_key, decision, decided_by, decided_at FROM listing_decision;
CREATE VIEW drift_check_view AS
  SELECT store_id, state, reason_code, reason, requested_at, started_at, finished_at,
         page, listings, counts
    FROM drift_check;
CREATE VIEW other_market_check_view AS
  SELECT account_id, state, reason_code, reason, finished_at, read_at
    FROM other_market_check;

-- Listings that are online in markets where the account has no store in refeed.
CREATE VIEW other_market_listing_view AS
  SELECT l.account_id, l.sku_key, without_store.markets
    FROM other_market_listing AS l
   CROSS JOIN LATERAL (
     SELECT array_agg(market ORDER BY market) AS markets
       FROM unnest(l.markets) AS market
      WHERE market NOT IN (SELECT s.country FROM store_view AS s
                            WHERE s.account_id = l.account_id)) AS without_store
   WHERE without_store.markets IS NOT NULL;

-- Rows without a foreign key end with their store.
CREATE FUNCTION refeed_delete_store_snapshots() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM listing_snapshot WHERE store_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER delete_snapshots BEFORE DELETE ON store
  FOR EACH ROW EXECUTE FUNCTION refeed_delete_store_snapshots();
