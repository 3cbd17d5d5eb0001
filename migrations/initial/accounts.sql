-- One Back Market account. Stores with the same token share it.
CREATE TABLE seller_account (
  id uuid PRIMARY KEY,
  platform varchar NOT NULL,
  environment varchar NOT NULL,
  token_digest varchar(64) NOT NULL,
  token_cipher bytea NOT NULL,
  token_key_id varchar(16) NOT NULL,
  shared_quantity varchar NOT NULL,
  other_markets varchar,
  other_markets_by varchar,
  other_markets_at timestamptz,
  lines_per_hour integer,
  requests_per_10s integer,
  connection varchar NOT NULL,
  connection_detail varchar,
  connection_at timestamptz,
  paused_until timestamptz,
  request_clock timestamptz,
  orders_due_at timestamptz,
  version integer NOT NULL,
  created_at timestamptz NOT NULL,
  UNIQUE (platform, environment, token_digest)
);
CREATE INDEX ix_seller_account_orders_due ON seller_account (orders_due_at);

-- SKU lines reserved for a request. Their sum over an hour is the budget used.
CREATE TABLE line_spend (
  id uuid PRIMARY KEY,
  account_id uuid NOT NULL REFERENCES seller_account (id) ON DELETE CASCADE,
  at timestamptz NOT NULL,
  lines integer NOT NULL
);
CREATE INDEX ix_line_spend_account ON line_spend (account_id, at);

-- Columns that other packages may read.
CREATE VIEW seller_account_view AS
  SELECT id, platform, environment, shared_quantity, other_markets, lines_per_hour,
         connection, connection_at, paused_until, orders_due_at
    FROM seller_account;
CREATE VIEW line_spend_view AS SELECT id, account_id, at, lines FROM line_spend;
