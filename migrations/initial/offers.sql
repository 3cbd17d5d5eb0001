-- Desired state of one SKU, and what Back Market shows: the value accepted or read last,
-- for quantity less the units sold since. `sku_key` is the SKU in lower case: SKUs are
-- unique case-insensitively.
CREATE TABLE offer (
  store_id uuid NOT NULL,
  sku_key varchar COLLATE "C" NOT NULL,
  sku varchar NOT NULL,
  desired_state varchar NOT NULL,
  fingerprint bigint,
  problems numeric(39) NOT NULL DEFAULT 0,
  ean varchar,
  product_id varchar,
  grade varchar,
  new_battery boolean,
  price numeric(12, 2),
  quantity integer,
  min_price numeric(12, 2),
  warranty_delay smallint,
  comment varchar,
  shipping varchar,
  cost numeric(12, 2),
  cpa numeric(5, 2),
  quantity_as_of timestamptz,
  quantity_limit integer,
  units_sold integer NOT NULL DEFAULT 0,
  listed boolean NOT NULL DEFAULT false,
  live_ean varchar,
  live_grade varchar,
  live_price numeric(12, 2),
  live_quantity integer,
  live_min_price numeric(12, 2),
  live_warranty_delay smallint,
  live_comment varchar,
  live_shipping varchar,
  live_title varchar,
  live_sku varchar,
  live_product_id varchar,
  live_at timestamptz,
  live_quantity_at timestamptz,
  listing_id varchar,
  backmarket_id bigint,
  publication_state smallint,
  max_price numeric(12, 2),
  in_error boolean NOT NULL DEFAULT false,
  error_code varchar,
  error_message varchar,
  error_at timestamptz,
  error_count smallint NOT NULL DEFAULT 0,
  error_class varchar,
  error_content bigint,
  error_retry_at timestamptz,
  held_code varchar,
  dirty boolean GENERATED ALWAYS AS (CASE
    WHEN desired_state = 'active' THEN NOT listed
      OR price IS DISTINCT FROM live_price
      OR CASE WHEN quantity IS NOT NULL
           THEN GREATEST(LEAST(quantity, quantity_limit) - units_sold, 0) ELSE NULL::integer END
         IS DISTINCT FROM live_quantity
      OR (min_price IS NOT NULL AND min_price IS DISTINCT FROM live_min_price)
      OR (warranty_delay IS NOT NULL
          AND warranty_delay IS DISTINCT FROM live_warranty_delay)
      OR (comment IS NOT NULL AND comment IS DISTINCT FROM live_comment)
      OR (shipping IS NOT NULL AND shipping IS DISTINCT FROM live_shipping)
      OR (live_ean IS NOT NULL AND ean IS DISTINCT FROM live_ean)
      OR (live_grade IS NOT NULL AND grade IS DISTINCT FROM live_grade)
      OR (coalesce(lower(product_id) <> lower(live_product_id), false)
          AND product_id IS DISTINCT FROM backmarket_id::text)
    WHEN desired_state = 'retained' THEN
      listed AND quantity IS NOT NULL
      AND coalesce(
        GREATEST(LEAST(quantity, quantity_limit) - units_sold, 0) < live_quantity, false)
    WHEN desired_state = 'unmatched' THEN false
    ELSE listed AND live_quantity IS DISTINCT FROM 0
  END) STORED NOT NULL,
  PRIMARY KEY (store_id, sku_key)
);
CREATE INDEX ix_offer_dirty ON offer (store_id) WHERE dirty;
CREATE INDEX ix_offer_in_error ON offer (store_id, sku_key) WHERE in_error;
CREATE INDEX ix_offer_unmatched ON offer (store_id, sku_key)
  WHERE desired_state = 'unmatched';
CREATE INDEX ix_offer_held ON offer (store_id, sku_key) WHERE held_code IS NOT NULL;
CREATE INDEX ix_offer_imported ON offer (store_id, sku_key)
  WHERE listed AND live_ean IS NULL AND live_title IS NOT NULL;
CREATE INDEX ix_offer_ean ON offer (store_id, ean) WHERE ean IS NOT NULL;
CREATE INDEX ix_offer_problems ON offer (store_id, sku_key) WHERE problems <> 0;
ALTER TABLE offer ALTER COLUMN store_id SET STATISTICS 0;

-- What the last read of an offer's listing showed, and what drifted.
CREATE TABLE offer_check (
  store_id uuid NOT NULL,
  sku_key varchar COLLATE "C" NOT NULL,
  seen_at timestamptz NOT NULL,
  confirmed_at timestamptz,
  missing_at timestamptz,
  price numeric(12, 2),
  quantity integer,
  min_price numeric(12, 2),
  warranty_delay smallint,
  comment_sum bigint,
  drift jsonb,
  PRIMARY KEY (store_id, sku_key)
);
CREATE INDEX ix_offer_check_drift ON offer_check (store_id, sku_key)
  WHERE drift IS NOT NULL;
ALTER TABLE offer_check ALTER COLUMN store_id SET STATISTICS 0;

-- Listings to read: `units` were sold that their live quantity may know or not.
CREATE TABLE sold_listing (
  account_id uuid NOT NULL REFERENCES seller_account (id) ON DELETE CASCADE,
  sku_key varchar COLLATE "C" NOT NULL,
  units integer NOT NULL,
  PRIMARY KEY (account_id, sku_key)
);

-- The title of an offer in the catalog, where it was compared with the title of a live
-- listing: its own, or an unmatched one (`renames_key`) that the row probably renames.
CREATE TABLE offer_title (
  store_id uuid NOT NULL,
  sku_key varchar COLLATE "C" NOT NULL,
  title varchar NOT NULL,
  similarity smallint NOT NULL,
  renames_key varchar COLLATE "C",
  PRIMARY KEY (store_id, sku_key)
);
CREATE INDEX ix_offer_title_renames ON offer_title (store_id, renames_key)
  WHERE renames_key IS NOT NULL;
ALTER TABLE offer_title ALTER COLUMN store_id SET STATISTICS 0;

-- What was compared last, by a hash.
CREATE TABLE title_check (
  store_id uuid PRIMARY KEY REFERENCES store (id) ON DELETE CASCADE,
  digest varchar NOT NULL,
  is_cut boolean NOT NULL,
  checked_at timestamptz NOT NULL
);

-- Columns that other packages may read.
CREATE VIEW offer_view AS
  SELECT store_id, sku_key, sku, desired_state, fingerprint, problems, ean,
         product_id, grade, new_battery, price, quantity, min_price, warranty_delay,
         comment, shipping, cost, cpa, quantity_as_of, quantity_limit, units_sold,
         CASE WHEN quantity IS NOT NULL
           THEN greatest(least(quantity, quantity_limit) - units_sold, 0) END
           AS desired_quantity, listed, live_ean, live_grade,
         live_price, live_quantity, live_min_price,
         live_warranty_delay, live_comment, live_shipping, live_title, live_product_id,
         live_sku,
         live_at,
         live_quantity_at, listing_id, backmarket_id, publication_state, max_price, in_error,
         error_code, error_message, error_at, error_count, error_class, error_content,
         error_retry_at, held_code, dirty
    FROM offer;
CREATE VIEW offer_check_view AS
  SELECT store_id, sku_key, seen_at, confirmed_at, missing_at, price, quantity,
         min_price, warranty_delay, comment_sum, drift
    FROM offer_check;

CREATE VIEW offer_title_view AS
  SELECT store_id, sku_key, title, similarity, renames_key FROM offer_title;
CREATE VIEW title_check_view AS
  SELECT store_id, is_cut, checked_at FROM title_check;

-- Rows without a foreign key end with their store.
CREATE FUNCTION refeed_delete_store_offers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM offer WHERE store_id = OLD.id;
  DELETE FROM offer_check WHERE store_id = OLD.id;
  DELETE FROM offer_title WHERE store_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER delete_offers BEFORE DELETE ON store
  FOR EACH ROW EXECUTE FUNCTION refeed_delete_store_offers();
