import type { Migration } from './index.js';

/**
 * Every table of the store. `run` and `dataset` ids grow with time, so "before this run" is `run < $1`. JSON that is read
 * whole is jsonb; what is searched has its own column.
 */
export const base: Migration = {
  version: 1,
  name: 'base',
  sql: (s) => `
CREATE TABLE ${s}.lease (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  epoch bigint NOT NULL,
  holder text,
  pid integer,
  host text,
  backend_pid integer,
  taken_at timestamptz,
  released_at timestamptz
);
INSERT INTO ${s}.lease (epoch) VALUES (0);

CREATE TABLE ${s}.run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  label text NOT NULL UNIQUE,
  command text NOT NULL,
  state text NOT NULL CHECK (state IN ('running', 'finished', 'interrupted', 'failed')),
  started_at timestamptz NOT NULL,
  finished_at timestamptz,
  as_of timestamptz NOT NULL,
  totals jsonb,
  cost jsonb,
  version text
);
CREATE INDEX run_unfinished ON ${s}.run (id) WHERE state = 'running';

CREATE TABLE ${s}.dataset (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  schema_name text NOT NULL,
  table_name text NOT NULL,
  kind text,
  first_seen_run bigint NOT NULL REFERENCES ${s}.run,
  last_seen_run bigint NOT NULL REFERENCES ${s}.run,
  gone_since bigint REFERENCES ${s}.run,
  gone_judged boolean NOT NULL DEFAULT false,
  UNIQUE (source, schema_name, table_name)
);

CREATE TABLE ${s}.dataset_column (
  dataset bigint NOT NULL REFERENCES ${s}.dataset,
  name text NOT NULL,
  first_seen_run bigint NOT NULL,
  gone_since bigint,
  PRIMARY KEY (dataset, name)
);

CREATE TABLE ${s}.schema_version (
  dataset bigint NOT NULL REFERENCES ${s}.dataset,
  version integer NOT NULL,
  run bigint NOT NULL REFERENCES ${s}.run,
  oid bigint NOT NULL,
  columns jsonb NOT NULL,
  primary_key jsonb NOT NULL,
  seen_at timestamptz NOT NULL,
  PRIMARY KEY (dataset, version)
);

CREATE TABLE ${s}.task (
  run bigint NOT NULL REFERENCES ${s}.run,
  dataset bigint NOT NULL REFERENCES ${s}.dataset,
  state text NOT NULL CHECK (state IN ('ok', 'failed', 'skipped', 'gone')),
  attempts integer NOT NULL,
  row_count float8,
  failure jsonb,
  cost jsonb,
  judged boolean NOT NULL DEFAULT false,
  finished_at timestamptz NOT NULL,
  PRIMARY KEY (run, dataset)
);
CREATE INDEX task_of_dataset ON ${s}.task (dataset, run);

CREATE TABLE ${s}.series (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dataset bigint REFERENCES ${s}.dataset,
  source text NOT NULL,
  column_name text,
  metric text NOT NULL
);
-- No column of Postgres has an empty name and no dataset has id 0, so both stand for "none" here.
CREATE UNIQUE INDEX series_name ON ${s}.series (coalesce(dataset, 0), source, coalesce(column_name, ''), metric);
CREATE INDEX series_of_dataset ON ${s}.series (dataset);

-- No foreign keys: two checks a point more than double the cost of the only table that grows by 100,000 rows a run.
-- The one writer gets both ids from their tables in the same transaction, and retention deletes points first.
CREATE TABLE ${s}.point (
  series bigint NOT NULL,
  run bigint NOT NULL,
  time timestamptz NOT NULL,
  value float8 NOT NULL,
  std_error float8,
  flags smallint NOT NULL DEFAULT 0,
  PRIMARY KEY (series, run)
);
CREATE INDEX point_time ON ${s}.point USING brin (time) WITH (autosummarize = on);

CREATE TABLE ${s}.profile (
  dataset bigint PRIMARY KEY REFERENCES ${s}.dataset,
  run bigint NOT NULL REFERENCES ${s}.run,
  mode text NOT NULL,
  consistent boolean NOT NULL,
  state bytea,
  state_version smallint,
  summary jsonb NOT NULL
);

CREATE TABLE ${s}.source_inventory (
  run bigint NOT NULL REFERENCES ${s}.run,
  source text NOT NULL,
  database text NOT NULL,
  reached boolean NOT NULL,
  databases jsonb,
  schemas jsonb,
  slots jsonb,
  failure jsonb,
  judged boolean NOT NULL DEFAULT false,
  PRIMARY KEY (run, source),
  CHECK (reached = (databases IS NOT NULL AND schemas IS NOT NULL AND slots IS NOT NULL))
);
CREATE INDEX source_inventory_of_source ON ${s}.source_inventory (source, run);

CREATE TABLE ${s}.incident (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  label text NOT NULL UNIQUE,
  fingerprint text NOT NULL,
  source text NOT NULL,
  dataset bigint REFERENCES ${s}.dataset,
  state text NOT NULL CHECK (state IN ('open', 'acknowledged', 'resolved', 'expected', 'muted')),
  severity text NOT NULL CHECK (severity IN ('info', 'warn', 'critical')),
  score float8 NOT NULL,
  title text NOT NULL,
  cause text,
  owner text,
  first_run bigint NOT NULL REFERENCES ${s}.run,
  last_run bigint NOT NULL REFERENCES ${s}.run,
  opened_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  resolved_at timestamptz,
  muted_until timestamptz,
  clean_runs integer NOT NULL DEFAULT 0,
  alerted_at timestamptz,
  alerted_severity text CHECK (alerted_severity IN ('info', 'warn', 'critical')),
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE UNIQUE INDEX incident_unresolved ON ${s}.incident (fingerprint) WHERE state <> 'resolved';
CREATE INDEX incident_time ON ${s}.incident (opened_at);

CREATE TABLE ${s}.finding (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL REFERENCES ${s}.run,
  dataset bigint REFERENCES ${s}.dataset,
  source text NOT NULL,
  column_name text,
  metric text NOT NULL,
  check_name text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('info', 'warn', 'critical')),
  value_number float8,
  value_text text,
  expected_lower float8,
  expected_upper float8,
  score float8 NOT NULL,
  at timestamptz NOT NULL,
  message text NOT NULL,
  incident text
);
CREATE INDEX finding_of_run ON ${s}.finding (run, dataset);
CREATE INDEX finding_of_dataset ON ${s}.finding (dataset, run);
CREATE INDEX finding_of_incident ON ${s}.finding (incident) WHERE incident IS NOT NULL;

-- The audit trail: what happened to incidents, and (incident null) what Sentinel itself did. \`hash\` is SHA-256 over
-- \`prev_hash\` and the row; a predecessor is used once, so the chain cannot fork.
CREATE TABLE ${s}.incident_event (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident bigint REFERENCES ${s}.incident,
  run text,
  at timestamptz NOT NULL,
  actor text NOT NULL,
  action text NOT NULL,
  reason text,
  details jsonb NOT NULL DEFAULT '{}',
  prev_hash bytea NOT NULL UNIQUE CHECK (octet_length(prev_hash) = 32),
  hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32)
);
CREATE INDEX incident_event_of_incident ON ${s}.incident_event (incident, id);

CREATE FUNCTION ${s}.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $refuse$
BEGIN
  RAISE EXCEPTION 'table % is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$refuse$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${s}.incident_event
  FOR EACH STATEMENT EXECUTE FUNCTION ${s}.refuse_change();

-- The outbox: a row is written with the incident's change and delivered afterwards, so a sink that is down loses nothing.
CREATE TABLE ${s}.alert_delivery (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  incident bigint REFERENCES ${s}.incident,
  sink text NOT NULL,
  dedup_key text NOT NULL,
  payload jsonb NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed')),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL,
  next_attempt_at timestamptz,
  delivered_at timestamptz,
  failure jsonb,
  UNIQUE (sink, dedup_key)
);
CREATE INDEX alert_delivery_pending ON ${s}.alert_delivery (next_attempt_at) WHERE state = 'pending';

CREATE TABLE ${s}.expectation (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  schema_name text,
  table_name text,
  column_name text,
  metric text,
  lower float8,
  upper float8,
  reason text NOT NULL,
  declared_by text NOT NULL,
  declared_at timestamptz NOT NULL,
  expires_at timestamptz
);
CREATE INDEX expectation_of_table ON ${s}.expectation (source, schema_name, table_name);

CREATE TABLE ${s}.health_sample (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source text NOT NULL,
  at timestamptz NOT NULL,
  state text NOT NULL,
  latency_ms float8,
  details jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX health_sample_of_source ON ${s}.health_sample (source, at);
`,
};
