-- One country of a seller account: settings, mapping, categories, schedule.
CREATE TABLE store (
  id uuid PRIMARY KEY,
  name varchar(200) NOT NULL,
  country varchar(2) NOT NULL,
  account_id uuid REFERENCES seller_account (id),
  environment varchar NOT NULL,
  active boolean NOT NULL,
  activated_at timestamptz,
  departed_with varchar,
  deletion_id uuid,
  order_scope varchar NOT NULL,
  orders_from timestamptz,
  publish_offers boolean NOT NULL,
  publish_products boolean NOT NULL,
  offers_interval_s integer NOT NULL,
  products_interval_s integer NOT NULL,
  invalid_rows varchar NOT NULL,
  duplicate_skus varchar NOT NULL,
  quarantine_after integer NOT NULL DEFAULT 12,
  drift varchar NOT NULL DEFAULT 'overwrite',
  catalog_delay_s integer NOT NULL DEFAULT 0,
  open_orders varchar NOT NULL DEFAULT 'already_subtracted',
  mapping jsonb,
  categories jsonb NOT NULL,
  catalog_columns jsonb,
  catalog_categories jsonb,
  brake jsonb,
  brake_reference jsonb,
  minimum_margin jsonb,
  automations jsonb,
  config_version integer NOT NULL,
  version integer NOT NULL,
  current_catalog_id uuid,
  next_offers_at timestamptz,
  next_products_at timestamptz,
  next_drift_check_at timestamptz,
  listings_imported_at timestamptz,
  token_replaced_at timestamptz,
  created_at timestamptz NOT NULL
);
CREATE INDEX ix_store_account ON store (account_id);
CREATE INDEX ix_store_drift_check_due ON store (next_drift_check_at) WHERE active;
CREATE INDEX ix_store_due ON store (next_offers_at) WHERE active AND publish_offers;
CREATE INDEX ix_store_products_due ON store (next_products_at)
  WHERE active AND publish_products;

-- Columns that other packages may read.
CREATE VIEW store_view AS
  SELECT id, name, country, account_id, environment, active, activated_at,
         departed_with, order_scope, orders_from, publish_offers, publish_products,
         offers_interval_s,
         products_interval_s, invalid_rows, duplicate_skus, quarantine_after, drift,
         catalog_delay_s, open_orders, automations,
         config_version, version, current_catalog_id, next_offers_at,
         next_products_at, next_drift_check_at, listings_imported_at, created_at
    FROM store;

-- For packages below stores: whether a store belongs to an account.
CREATE FUNCTION refeed_account_has_store(account uuid, store uuid) RETURNS boolean
  LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM store AS s WHERE s.id = $2 AND s.account_id = $1)
$$;

-- For packages below stores: makes every publishing store of an account due now.
CREATE FUNCTION refeed_make_stores_due(account uuid) RETURNS void LANGUAGE sql AS $$
  UPDATE store SET next_offers_at = now()
   WHERE account_id = $1 AND active AND publish_offers
$$;

-- One version of one part of a store's settings.
CREATE TABLE store_version (
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  part varchar NOT NULL,
  number integer NOT NULL,
  content jsonb NOT NULL,
  differences jsonb NOT NULL,
  changed integer NOT NULL,
  key_id uuid,
  set_by varchar NOT NULL,
  restored_from integer,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (store_id, part, number)
);

-- Back Market's category tree in one language.
CREATE TABLE category_snapshot (
  id uuid PRIMARY KEY,
  platform varchar NOT NULL,
  environment varchar NOT NULL,
  locale varchar NOT NULL,
  digest varchar(64),
  requested_at timestamptz,
  fetched_at timestamptz,
  next_at timestamptz NOT NULL,
  failures integer NOT NULL,
  error_code varchar,
  error varchar(500),
  created_at timestamptz NOT NULL,
  UNIQUE (platform, environment, locale)
);

-- A branch or leaf. `position` is its place in a depth-first walk of the tree.
CREATE TABLE category_node (
  snapshot_id uuid NOT NULL REFERENCES category_snapshot (id) ON DELETE CASCADE,
  position integer NOT NULL,
  category_id bigint NOT NULL,
  parent_id bigint,
  name varchar NOT NULL,
  path varchar NOT NULL,
  search varchar NOT NULL,
  is_leaf boolean NOT NULL,
  attributes jsonb NOT NULL,
  PRIMARY KEY (snapshot_id, position)
);
CREATE UNIQUE INDEX ux_category_node_category ON category_node (snapshot_id, category_id);
