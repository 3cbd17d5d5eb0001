-- Where events are sent to: of some stores, of a seller account, or of all (`scope`).
-- `failures` in a row since `failing_since`; no request before `paused_until`.
-- Events from `missed_from` to `missed_to`, while it was disabled, were not added.
CREATE TABLE webhook_endpoint (
  id uuid PRIMARY KEY,
  scope varchar NOT NULL,
  account_id uuid REFERENCES seller_account (id) ON DELETE CASCADE,
  url varchar(2000) NOT NULL,
  description varchar(200) NOT NULL,
  events varchar[],
  state varchar NOT NULL,
  disabled_reason varchar,
  disabled_at timestamptz,
  failures integer NOT NULL,
  failing_since timestamptz,
  paused_until timestamptz,
  slow boolean NOT NULL,
  last_success_at timestamptz,
  missed_from timestamptz,
  missed_to timestamptz,
  version integer NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX ix_webhook_endpoint_account ON webhook_endpoint (account_id);
CREATE INDEX ix_webhook_endpoint_all ON webhook_endpoint (id) WHERE scope = 'all';

-- The stores of an endpoint with the scope `stores`.
CREATE TABLE webhook_endpoint_store (
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id) ON DELETE CASCADE,
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  PRIMARY KEY (endpoint_id, store_id)
);
CREATE INDEX ix_webhook_endpoint_store_store ON webhook_endpoint_store (store_id);

-- With its last store goes an endpoint.
CREATE FUNCTION refeed_delete_endpoints_without_store() RETURNS trigger
  LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM webhook_endpoint AS e USING gone
   WHERE e.id = gone.endpoint_id AND NOT EXISTS (
     SELECT 1 FROM webhook_endpoint_store AS s WHERE s.endpoint_id = e.id);
  RETURN NULL;
END
$$;
CREATE TRIGGER webhook_endpoint_store_deleted AFTER DELETE ON webhook_endpoint_store
  REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION refeed_delete_endpoints_without_store();

-- Secrets that sign deliveries, encrypted. One is current; replaced ones expire.
CREATE TABLE webhook_endpoint_secret (
  id uuid PRIMARY KEY,
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id) ON DELETE CASCADE,
  cipher bytea NOT NULL,
  key_id varchar NOT NULL,
  created_at timestamptz NOT NULL,
  valid_until timestamptz
);
CREATE INDEX ix_webhook_endpoint_secret_endpoint ON webhook_endpoint_secret (endpoint_id);
CREATE UNIQUE INDEX ux_webhook_endpoint_secret_current
  ON webhook_endpoint_secret (endpoint_id) WHERE valid_until IS NULL;

-- One event for one endpoint: `pending`, `delivered` or `failed`. `log` has the last
-- attempts, also those before a replay.
CREATE TABLE event_delivery (
  endpoint_id uuid NOT NULL REFERENCES webhook_endpoint (id) ON DELETE CASCADE,
  event_id uuid NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  type varchar NOT NULL,
  subject_id uuid NOT NULL,
  position bigint NOT NULL,
  state varchar NOT NULL,
  attempts integer NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  log jsonb NOT NULL,
  ended_at timestamptz,
  PRIMARY KEY (endpoint_id, event_id)
);
CREATE INDEX ix_event_delivery_due ON event_delivery (endpoint_id, next_attempt_at)
  WHERE state = 'pending';
CREATE INDEX ix_event_delivery_subject ON event_delivery (endpoint_id, subject_id, position)
  WHERE state = 'pending';
CREATE INDEX ix_event_delivery_event ON event_delivery (event_id);

-- Columns that other packages may read.
CREATE VIEW webhook_endpoint_view AS
  SELECT id, scope, account_id, state, disabled_reason, failures, failing_since,
         paused_until, created_at
    FROM webhook_endpoint;
CREATE VIEW event_delivery_view AS
  SELECT endpoint_id, event_id, type, state, attempts, next_attempt_at, ended_at
    FROM event_delivery;

-- Endpoints that see the events of a store, or of an account: for orders those of a
-- country, as `order_scope` of the stores says.
CREATE FUNCTION refeed_endpoints_that_see(account uuid, store uuid, country varchar)
  RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
  SELECT e.id FROM webhook_endpoint AS e WHERE e.account_id = $1
  UNION
  SELECT e.id FROM webhook_endpoint AS e WHERE e.scope = 'all'
  UNION
  SELECT l.endpoint_id FROM webhook_endpoint_store AS l WHERE l.store_id = $2
  UNION
  SELECT l.endpoint_id
    FROM store_view AS s JOIN webhook_endpoint_store AS l ON l.store_id = s.id
   WHERE $2 IS NULL AND s.account_id = $1
     AND ($3 IS NULL OR s.country = $3 OR s.order_scope = 'all_countries')
$$;

-- Each event is due at once at the endpoints that want it, in the transaction that
-- records it. A test goes to one endpoint only.
CREATE FUNCTION refeed_deliver_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO event_delivery (endpoint_id, event_id, type, subject_id, position, state,
                              attempts, next_attempt_at, log)
  SELECT e.id, n.id, n.type, n.subject_id, n.position, 'pending', 0, now(), '[]'
    FROM (SELECT DISTINCT account_id, store_id, country FROM recorded) AS o
   CROSS JOIN LATERAL refeed_endpoints_that_see(o.account_id, o.store_id, o.country)
                   AS seen (id)
    JOIN webhook_endpoint AS e ON e.id = seen.id AND e.state = 'enabled'
    JOIN recorded AS n ON (n.account_id, n.store_id, n.country)
           IS NOT DISTINCT FROM (o.account_id, o.store_id, o.country)
   WHERE (e.events IS NULL OR n.type = ANY(e.events))
     AND n.type <> 'webhook_endpoint.test';
  RETURN NULL;
END
$$;
CREATE TRIGGER event_recorded AFTER INSERT ON event REFERENCING NEW TABLE AS recorded
  FOR EACH STATEMENT EXECUTE FUNCTION refeed_deliver_events();
