-- One store that leaves its country: what was ordered, and the result.
-- No foreign key: the report of a deleted store is kept for a while.
CREATE TABLE departure (
  id uuid PRIMARY KEY,
  store_id uuid NOT NULL,
  store_name varchar(200) NOT NULL,
  country varchar(2) NOT NULL,
  action varchar NOT NULL,
  offers varchar NOT NULL,
  state varchar NOT NULL,
  reason_code varchar,
  reason varchar,
  publication_id uuid,
  rounds integer NOT NULL DEFAULT 0,
  counts jsonb NOT NULL DEFAULT '{}',
  shared_quantity varchar,
  account_deleted boolean NOT NULL DEFAULT false,
  requested_by varchar NOT NULL,
  requested_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX ix_departure_store ON departure (store_id, id);
CREATE UNIQUE INDEX ux_departure_open ON departure (store_id)
  WHERE state IN ('requested', 'zeroing', 'deleting');

-- A listing that stays online after a departure, and why.
CREATE TABLE departure_listing (
  departure_id uuid NOT NULL REFERENCES departure (id) ON DELETE CASCADE,
  sku_key varchar COLLATE "C" NOT NULL,
  sku varchar NOT NULL,
  quantity integer,
  price numeric(12, 2),
  reason varchar NOT NULL,
  countries varchar[] NOT NULL,
  message varchar,
  PRIMARY KEY (departure_id, sku_key)
);
