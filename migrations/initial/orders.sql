-- One order of a seller account. `marketplace_id` is Back Market's `order_id`.
CREATE TABLE sales_order (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES seller_account (id) ON DELETE CASCADE,
  marketplace_id bigint NOT NULL,
  state integer NOT NULL,
  outcome varchar NOT NULL DEFAULT 'open',
  country varchar COLLATE "C",
  country_code varchar,
  created_at timestamptz NOT NULL,
  modified_at timestamptz NOT NULL,
  paid_at timestamptz,
  shipped_at timestamptz,
  dispatch_by timestamptz,
  price numeric(12, 2),
  shipping_price numeric(12, 2),
  sales_taxes numeric(12, 2),
  currency varchar(3),
  shipper varchar,
  tracking_number varchar,
  tracking_url varchar,
  shipping_address jsonb NOT NULL,
  billing_address jsonb NOT NULL,
  other_fields jsonb NOT NULL,
  has_invoice boolean NOT NULL DEFAULT false,
  merchant_order_id varchar,
  invoice_number varchar,
  tags jsonb NOT NULL DEFAULT '[]',
  note varchar,
  digest varchar(64) NOT NULL,
  version integer NOT NULL,
  first_seen_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  read_at timestamptz NOT NULL DEFAULT now(),
  missing_since timestamptz,
  sealed_addresses bytea,
  sealed_key varchar(16),
  email_digests varchar(64)[] NOT NULL DEFAULT '{}',
  erased_at timestamptz,
  UNIQUE (account_id, marketplace_id)
);
CREATE INDEX ix_sales_order_country ON sales_order (account_id, country, created_at, id);
CREATE INDEX ix_sales_order_created ON sales_order (account_id, created_at, id);
CREATE INDEX ix_sales_order_modified ON sales_order (account_id, modified_at, id);
CREATE INDEX ix_sales_order_country_modified
  ON sales_order (account_id, country, modified_at, id);
CREATE INDEX ix_sales_order_dispatch ON sales_order
  (account_id, coalesce(dispatch_by, timestamptz '9999-01-01 00:00:00Z'), id);
CREATE INDEX ix_sales_order_open ON sales_order (account_id, dispatch_by)
  WHERE state IN (1, 3) AND outcome = 'open';
CREATE INDEX ix_sales_order_outcome ON sales_order (account_id, outcome, created_at, id);
CREATE INDEX ix_sales_order_state ON sales_order (account_id, state, created_at, id);
CREATE INDEX ix_sales_order_unfinished ON sales_order (account_id, read_at)
  WHERE state IN (0, 10, 1, 3);

CREATE INDEX ix_sales_order_emails ON sales_order USING gin (email_digests);
CREATE INDEX ix_sales_order_unerased ON sales_order (modified_at)
  WHERE erased_at IS NULL;

-- A buyer who asked for erasure: orders of the account from before are erased, also
-- those that are fetched later. `digest`: keyed hash of an e-mail address.
CREATE TABLE buyer_erasure (
  account_id uuid NOT NULL REFERENCES seller_account (id) ON DELETE CASCADE,
  digest varchar(64) NOT NULL,
  requested_at timestamptz NOT NULL,
  is_open boolean NOT NULL,
  PRIMARY KEY (account_id, digest)
);
CREATE INDEX ix_buyer_erasure_open ON buyer_erasure (requested_at) WHERE is_open;

-- One line of an order. `marketplace_id` is Back Market's order line id.
CREATE TABLE sales_order_line (
  order_id uuid NOT NULL REFERENCES sales_order (id) ON DELETE CASCADE,
  marketplace_id bigint NOT NULL,
  position integer NOT NULL,
  state integer NOT NULL,
  sku varchar,
  listing_id bigint,
  title varchar,
  product_id bigint,
  quantity integer NOT NULL,
  price numeric(12, 2),
  shipping_price numeric(12, 2),
  sales_taxes numeric(12, 2),
  fee numeric(12, 2),
  currency varchar(3),
  imei varchar,
  serial_number varchar,
  return_reason integer,
  return_message varchar,
  shipper varchar,
  condition integer,
  brand varchar,
  sku_key varchar COLLATE "C",
  PRIMARY KEY (order_id, marketplace_id)
);
CREATE INDEX ix_sales_order_line_sku_key ON sales_order_line (sku_key);
CREATE INDEX ix_sales_order_line_number ON sales_order_line (marketplace_id);

-- That an event about an order that is due was recorded, for this reason.
CREATE TABLE order_due_notice (
  order_id uuid NOT NULL REFERENCES sales_order (id) ON DELETE CASCADE,
  reason varchar NOT NULL,
  at timestamptz NOT NULL,
  PRIMARY KEY (order_id, reason)
);

-- A word by which an order is found: of buyers' names, SKUs and numbers.
CREATE TABLE sales_order_word (
  order_id uuid NOT NULL REFERENCES sales_order (id) ON DELETE CASCADE,
  word varchar COLLATE "C" NOT NULL,
  account_id uuid NOT NULL,
  PRIMARY KEY (order_id, word)
);
CREATE INDEX ix_sales_order_word_word ON sales_order_word (account_id, word, order_id);

-- Progress of an account's order sync, with the checkpoint of the running one.
CREATE TABLE order_sync (
  account_id uuid PRIMARY KEY REFERENCES seller_account (id) ON DELETE CASCADE,
  state varchar NOT NULL,
  reason_code varchar,
  reason varchar,
  requested_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  high_water timestamptz,
  failures integer NOT NULL,
  read integer NOT NULL,
  changed integer NOT NULL,
  window_from timestamptz,
  latest_modified_at timestamptz,
  page integer NOT NULL,
  count integer,
  page_missing boolean NOT NULL,
  missing_pages integer NOT NULL DEFAULT 0,
  count_decreases integer NOT NULL DEFAULT 0,
  rereading boolean NOT NULL
);

-- An action requested for lines of an order, and its result.
CREATE TABLE order_action (
  id uuid PRIMARY KEY,
  order_id uuid NOT NULL REFERENCES sales_order (id) ON DELETE CASCADE,
  account_id uuid NOT NULL REFERENCES seller_account (id) ON DELETE CASCADE,
  action varchar NOT NULL,
  line_ids jsonb NOT NULL,
  fields jsonb NOT NULL,
  fingerprint varchar(64) NOT NULL,
  state varchar NOT NULL,
  reason_code varchar,
  reason varchar,
  rule varchar,
  failures integer NOT NULL,
  requested_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz
);
CREATE INDEX ix_order_action_order ON order_action (order_id, id);
CREATE UNIQUE INDEX ux_order_action_open ON order_action (order_id, fingerprint)
  WHERE state IN ('requested', 'running', 'waiting');

-- One request of an action: written before it is sent, settled after.
CREATE TABLE order_submission (
  action_id uuid NOT NULL REFERENCES order_action (id) ON DELETE CASCADE,
  seq integer NOT NULL,
  line_ids jsonb NOT NULL,
  from_state integer NOT NULL,
  to_state integer NOT NULL,
  body jsonb NOT NULL,
  state varchar NOT NULL,
  attempts integer NOT NULL,
  reason_code varchar,
  reason varchar,
  sent_at timestamptz,
  accepted_at timestamptz,
  readbacks integer NOT NULL DEFAULT 0,
  readback_at timestamptz,
  settled_at timestamptz,
  PRIMARY KEY (action_id, seq)
);

-- A case of the after-sales service, without data of buyers.
CREATE TABLE service_case (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES seller_account (id) ON DELETE CASCADE,
  marketplace_id bigint NOT NULL,
  order_id uuid REFERENCES sales_order (id) ON DELETE SET NULL,
  order_number bigint,
  line_number bigint,
  state integer,
  country varchar COLLATE "C",
  reasons jsonb NOT NULL,
  resolution varchar,
  opened_at timestamptz,
  modified_at timestamptz,
  last_message_at timestamptz,
  closed_at timestamptz,
  sort_at timestamptz NOT NULL,
  digest varchar(64) NOT NULL,
  version integer NOT NULL,
  first_seen_at timestamptz NOT NULL,
  changed_at timestamptz NOT NULL,
  UNIQUE (account_id, marketplace_id)
);
CREATE INDEX ix_service_case_sort ON service_case (account_id, sort_at, id);
CREATE INDEX ix_service_case_newest ON service_case (sort_at, id);
CREATE INDEX ix_service_case_order ON service_case (order_id);
CREATE INDEX ix_service_case_unlinked ON service_case (account_id)
  WHERE order_id IS NULL;

-- Progress of fetching an account's service cases, with its checkpoint.
CREATE TABLE service_case_sync (
  account_id uuid PRIMARY KEY REFERENCES seller_account (id) ON DELETE CASCADE,
  state varchar NOT NULL,
  reason_code varchar,
  reason varchar,
  failures integer NOT NULL,
  next_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  high_water timestamptz,
  window_from timestamptz,
  page integer NOT NULL,
  minute_clock timestamptz,
  day_clock timestamptz
);

-- Columns that other packages may read.
CREATE VIEW service_case_sync_view AS
  SELECT account_id, state, next_at, day_clock FROM service_case_sync;

-- Columns that other packages may read.
CREATE VIEW sales_order_view AS
  SELECT id, account_id, marketplace_id, state, outcome, country, country_code, created_at,
         modified_at, paid_at, shipped_at, dispatch_by, price, shipping_price,
         sales_taxes, currency, shipper, tracking_number, tracking_url, version,
         first_seen_at, changed_at, read_at, missing_since
    FROM sales_order;
CREATE VIEW sales_order_line_view AS
  SELECT order_id, marketplace_id, position, state, sku, listing_id, title, product_id,
         quantity, price, shipping_price, sales_taxes, fee, currency, imei,
         serial_number, return_reason, return_message, shipper, condition, brand
    FROM sales_order_line;
CREATE VIEW order_sync_view AS
  SELECT account_id, state, reason_code, reason, requested_at, started_at,
         finished_at, high_water, failures, read, changed, window_from,
         latest_modified_at, page, count, page_missing, missing_pages,
         count_decreases, rereading
    FROM order_sync;
