-- One run for one store and one kind. An account has at most one normal run and one
-- priority run at a time; a store has at most one requested run of a kind.
CREATE TABLE publication (
  id uuid PRIMARY KEY,
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  account_id uuid NOT NULL REFERENCES seller_account (id),
  kind varchar NOT NULL,
  trigger varchar NOT NULL,
  state varchar NOT NULL,
  reason_code varchar,
  reason varchar,
  plan_hash varchar,
  totals jsonb NOT NULL,
  failures integer NOT NULL,
  priority boolean NOT NULL DEFAULT false,
  not_before timestamptz,
  follow_up_id uuid,
  hook jsonb,
  plan_id uuid,
  plan_only boolean NOT NULL DEFAULT false,
  progress bigint NOT NULL DEFAULT 1,
  requested_at timestamptz NOT NULL,
  started_at timestamptz,
  planned_at timestamptz,
  finished_at timestamptz
);
CREATE INDEX ix_publication_store ON publication (store_id, id);
CREATE UNIQUE INDEX ux_publication_priority ON publication (account_id)
  WHERE state IN ('planning', 'sending', 'waiting') AND priority;
CREATE UNIQUE INDEX ux_publication_live ON publication (account_id)
  WHERE state IN ('planning', 'sending', 'waiting') AND NOT priority;
CREATE UNIQUE INDEX ux_publication_requested ON publication (store_id, kind)
  WHERE state = 'requested';
CREATE TRIGGER progress BEFORE UPDATE ON publication
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*)
  EXECUTE FUNCTION refeed_count_progress();

-- One line of a plan: SKU, reason, fields before and after, outcome. A plan that is only
-- a preview stores its lines here as well.
CREATE TABLE change (
  publication_id uuid NOT NULL,
  seq integer NOT NULL,
  sku_key varchar COLLATE "C" NOT NULL,
  sku varchar NOT NULL,
  reason varchar NOT NULL,
  lane smallint NOT NULL,
  method varchar,
  submission integer,
  before jsonb NOT NULL,
  after jsonb NOT NULL,
  fingerprint bigint,
  outcome varchar NOT NULL,
  code varchar,
  message varchar,
  warnings varchar[],
  settled_at timestamptz,
  confirmed_at timestamptz,
  PRIMARY KEY (publication_id, seq)
);
CREATE INDEX ix_change_submission ON change (publication_id, submission, seq);
CREATE INDEX ix_change_outcome ON change (publication_id, outcome, seq);
CREATE INDEX ix_change_reason ON change (publication_id, reason, seq);
ALTER TABLE change ALTER COLUMN publication_id SET STATISTICS 0;

-- Publications also count a new version when their changes change.
CREATE FUNCTION refeed_count_publication_progress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE publication SET progress = progress + 1
   WHERE id IN (SELECT DISTINCT publication_id FROM changed);
  RETURN NULL;
END $$;
CREATE TRIGGER progress AFTER UPDATE ON change
  REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION refeed_count_publication_progress();

-- One request that carries changes: written before it is sent, settled after.
CREATE TABLE submission (
  publication_id uuid NOT NULL REFERENCES publication (id) ON DELETE CASCADE,
  seq integer NOT NULL,
  account_id uuid NOT NULL REFERENCES seller_account (id) ON DELETE CASCADE,
  method varchar NOT NULL,
  action varchar NOT NULL,
  state varchar NOT NULL,
  lines integer NOT NULL,
  task_id bigint,
  polls integer NOT NULL,
  attempts integer NOT NULL,
  reason_code varchar,
  sent_at timestamptz,
  poll_at timestamptz,
  settled_at timestamptz,
  PRIMARY KEY (publication_id, seq)
);
CREATE INDEX ix_submission_open ON submission (account_id) WHERE state <> 'settled';

-- The product description that Back Market accepted last for an offer.
CREATE TABLE submitted_product (
  store_id uuid NOT NULL,
  sku_key varchar COLLATE "C" NOT NULL,
  product jsonb NOT NULL,
  submitted_at timestamptz NOT NULL,
  PRIMARY KEY (store_id, sku_key)
);
ALTER TABLE submitted_product ALTER COLUMN store_id SET STATISTICS 0;

-- A preview: what a publication would send.
CREATE TABLE plan (
  id uuid PRIMARY KEY,
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  kind varchar NOT NULL,
  state varchar NOT NULL,
  reason_code varchar,
  content_hash varchar,
  totals jsonb NOT NULL,
  forecast jsonb,
  versions jsonb NOT NULL,
  requested_at timestamptz NOT NULL,
  started_at timestamptz,
  ready_at timestamptz
);
CREATE INDEX ix_plan_requested ON plan (requested_at);
CREATE INDEX ix_plan_store ON plan (store_id, id);

-- A change that the brake held until exactly this content is approved.
CREATE TABLE hold (
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  sku_key varchar COLLATE "C" NOT NULL,
  kind varchar NOT NULL,
  sku varchar NOT NULL,
  content varchar NOT NULL,
  before varchar,
  code varchar NOT NULL,
  state varchar NOT NULL,
  publication_id uuid NOT NULL,
  held_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by varchar,
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (store_id, sku_key, kind)
);
ALTER TABLE hold ALTER COLUMN store_id SET STATISTICS 0;

-- A decision on a held change. It stays when the hold is gone, for the timeline.
CREATE TABLE hold_decision (
  store_id uuid NOT NULL REFERENCES store (id) ON DELETE CASCADE,
  sku_key varchar COLLATE "C" NOT NULL,
  decided_at timestamptz NOT NULL,
  kind varchar NOT NULL,
  publication_id uuid NOT NULL,
  code varchar NOT NULL,
  decision varchar NOT NULL,
  decided_by varchar NOT NULL,
  before varchar,
  content varchar NOT NULL,
  PRIMARY KEY (store_id, sku_key, decided_at, kind)
);
CREATE INDEX ix_hold_decision_publication ON hold_decision (publication_id);
ALTER TABLE hold_decision ALTER COLUMN store_id SET STATISTICS 0;

-- Columns that other packages may read.
CREATE VIEW publication_view AS
  SELECT id, store_id, account_id, kind, trigger, state, reason_code, reason,
         plan_hash, totals, priority, not_before, follow_up_id, plan_id, plan_only,
         requested_at, started_at, planned_at, finished_at
    FROM publication;
CREATE VIEW change_view AS
  SELECT publication_id, seq, sku_key, sku, reason, lane, method, submission, before,
         after, fingerprint, outcome, code, message, warnings, settled_at,
         confirmed_at
    FROM change;
CREATE VIEW submission_view AS
  SELECT publication_id, seq, account_id, method, action, state, lines, task_id,
         polls, attempts, reason_code, sent_at, settled_at
    FROM submission;
CREATE VIEW hold_decision_view AS
  SELECT store_id, sku_key, decided_at, kind, publication_id, code, decision,
         decided_by, before, content
    FROM hold_decision;

-- For packages below publications: whether a run of the store is active.
CREATE FUNCTION refeed_store_is_publishing(store uuid) RETURNS boolean
  LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT 1 FROM publication
     WHERE store_id = $1
       AND state NOT IN ('requested', 'finished', 'failed', 'cancelled'))
$$;

-- Rows without a foreign key end with their store.
CREATE FUNCTION refeed_delete_store_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM change
   WHERE publication_id IN (SELECT id FROM publication WHERE store_id = OLD.id
                            UNION ALL SELECT id FROM plan WHERE store_id = OLD.id);
  DELETE FROM submitted_product WHERE store_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER delete_changes BEFORE DELETE ON store
  FOR EACH ROW EXECUTE FUNCTION refeed_delete_store_changes();

-- Runs of an account that is deleted; their stores may belong to another one by now.
CREATE FUNCTION refeed_delete_account_publications() RETURNS trigger
  LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM change
   WHERE publication_id IN (SELECT id FROM publication WHERE account_id = OLD.id);
  DELETE FROM publication WHERE account_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER delete_publications BEFORE DELETE ON seller_account
  FOR EACH ROW EXECUTE FUNCTION refeed_delete_account_publications();
