-- People who get messages about events of a store. `remaining`: addresses that have not
-- accepted the message of the claimed events yet; NULL: none was accepted. A chat has a
-- `service` and its URL, encrypted, instead of addresses.
CREATE TABLE alert_channel (
  id uuid PRIMARY KEY,
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  kind varchar NOT NULL,
  description varchar(200) NOT NULL,
  events varchar[] NOT NULL,
  addresses varchar[] NOT NULL,
  remaining varchar[],
  service varchar,
  cipher bytea,
  cipher_key_id varchar,
  state varchar NOT NULL,
  disabled_reason varchar,
  disabled_at timestamptz,
  failures integer NOT NULL,
  failing_since timestamptz,
  failure_code varchar,
  paused_until timestamptz,
  last_sent_at timestamptz,
  test_state varchar,
  test_code varchar,
  test_at timestamptz,
  version integer NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX ix_alert_channel_store ON alert_channel (store_id);
CREATE INDEX ix_alert_channel_test ON alert_channel (id) WHERE test_state = 'pending';

-- One event for one channel, until it was sent. `claimed`: part of the message that is
-- being sent.
CREATE TABLE alert_pending (
  channel_id uuid NOT NULL REFERENCES alert_channel (id) ON DELETE CASCADE,
  event_id uuid NOT NULL REFERENCES event (id) ON DELETE CASCADE,
  position bigint NOT NULL,
  created_at timestamptz NOT NULL,
  claimed boolean NOT NULL,
  PRIMARY KEY (channel_id, event_id)
);
CREATE INDEX ix_alert_pending_created ON alert_pending (channel_id, created_at);
CREATE INDEX ix_alert_pending_claimed ON alert_pending (channel_id, position)
  WHERE claimed;
CREATE INDEX ix_alert_pending_event ON alert_pending (event_id);

-- Columns that other packages may read.
CREATE VIEW alert_channel_view AS
  SELECT id, store_id, kind, state, disabled_reason, failures, failing_since
    FROM alert_channel;

-- Channels that see the events of a store, or of its account: for orders those of a
-- country, as `order_scope` of the store says.
CREATE FUNCTION refeed_channels_that_see(account uuid, store uuid, country varchar)
  RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
  SELECT c.id FROM alert_channel AS c WHERE c.store_id = $2
  UNION
  SELECT c.id FROM store_view AS s JOIN alert_channel AS c ON c.store_id = s.id
   WHERE $2 IS NULL AND s.account_id = $1
     AND ($3 IS NULL OR s.country = $3 OR s.order_scope = 'all_countries')
$$;

CREATE FUNCTION refeed_add_alerts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO alert_pending (channel_id, event_id, position, created_at, claimed)
  SELECT c.id, n.id, n.position, now(), false
    FROM (SELECT DISTINCT account_id, store_id, country FROM recorded) AS o
   CROSS JOIN LATERAL refeed_channels_that_see(o.account_id, o.store_id, o.country)
                   AS seen (id)
    JOIN alert_channel AS c ON c.id = seen.id AND c.state = 'enabled'
    JOIN recorded AS n ON (n.account_id, n.store_id, n.country)
           IS NOT DISTINCT FROM (o.account_id, o.store_id, o.country)
   WHERE n.type = ANY(c.events);
  RETURN NULL;
END
$$;
CREATE TRIGGER event_recorded_alerts AFTER INSERT ON event
  REFERENCING NEW TABLE AS recorded
  FOR EACH STATEMENT EXECUTE FUNCTION refeed_add_alerts();
