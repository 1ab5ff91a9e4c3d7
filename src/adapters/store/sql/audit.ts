/** Held until the transaction ends, `$1` is the store's quoted schema: two appenders would use the same predecessor. */
export const lockTrail = `SELECT pg_advisory_xact_lock(hashtextextended('sentinel audit ' || $1::text, 0))`;

/** By row: `$1` incident, `$2` run, `$3` at, `$4` actor, `$5` action, `$6` reason, `$7` details, `$8` and `$9` hashes, hex. */
export const insertEvents = (s: string) => `
INSERT INTO ${s}.incident_event (incident, run, at, actor, action, reason, details, prev_hash, hash)
SELECT u.incident, u.run, u.at, u.actor, u.action, u.reason, u.details::jsonb, decode(u.prev_hash, 'hex'), decode(u.hash, 'hex')
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
  $9::text[]) WITH ORDINALITY AS u (incident, run, at, actor, action, reason, details, prev_hash, hash, position)
ORDER BY u.position`;

/** What happened to the incident labelled `$1`, oldest first. */
export const selectEventsOf = (s: string) => `
SELECT e.at, e.actor, e.action, e.reason, e.run, e.details
FROM ${s}.incident_event e JOIN ${s}.incident n ON n.id = e.incident
WHERE n.label = $1 ORDER BY e.id`;

/** The next `$2` events of incidents after the one of id `$1`, oldest first, each with its incident as it is now. */
export const selectIncidentEventsAfter = (s: string) => `
SELECT e.id, e.at, e.actor, e.action, e.run, n.label, n.state, n.severity, n.title
FROM ${s}.incident_event e JOIN ${s}.incident n ON n.id = e.incident
WHERE e.id > $1 ORDER BY e.id LIMIT $2`;

/** The newest event of incident `$1` (id). */
export const selectLastEvent = (s: string) => `
SELECT at, actor, action FROM ${s}.incident_event WHERE incident = $1 ORDER BY id DESC LIMIT 1`;

/** Whether the configuration of digest `$1` was written out before. */
export const selectConfiguration = (s: string) => `
SELECT FROM ${s}.incident_event WHERE action = 'configured' AND details ->> 'sha256' = $1 LIMIT 1`;

/** By source, what run `$1` has read; at most `$2` of the tables that it could not are named. */
export const selectReads = (s: string) => `
SELECT d.source, count(*) FILTER (WHERE t.state = 'ok') AS tables,
  coalesce(sum((t.cost ->> 'rows')::float8), 0) AS rows, coalesce(sum((t.cost ->> 'bytes')::float8), 0) AS bytes,
  count(*) FILTER (WHERE t.state = 'failed') AS failed, count(*) FILTER (WHERE t.state = 'skipped') AS skipped,
  (array_agg(d.schema_name || '.' || d.table_name ORDER BY d.schema_name, d.table_name)
    FILTER (WHERE t.state = 'failed'))[1:$2] AS failed_tables
FROM ${s}.task t JOIN ${s}.dataset d ON d.id = t.dataset
WHERE t.run = $1 AND t.state <> 'gone' GROUP BY d.source ORDER BY d.source`;

const columns = (s: string) => `
SELECT e.id, e.incident, e.run, e.at, e.actor, e.action, e.reason, e.details, e.prev_hash, e.hash,
  e.at = date_trunc('milliseconds', e.at) AS whole
FROM ${s}.incident_event e`;

/** The next `$2` events after the one of id `$1`, oldest first. */
export const selectEventsAfter = (s: string) => `${columns(s)} WHERE e.id > $1 ORDER BY e.id LIMIT $2`;

/** The event of hash `$1`, where there is one. */
export const selectEventByHash = (s: string) => `SELECT id FROM ${s}.incident_event WHERE hash = $1`;

/** The event whose predecessor has hash `$1`, where there is one. */
export const selectSuccessor = (s: string) => `SELECT id FROM ${s}.incident_event WHERE prev_hash = $1`;

/** The hashes of the events of ids `$1`. */
export const selectHashes = (s: string) => `
SELECT id, hash FROM ${s}.incident_event WHERE id = ANY ($1::bigint[])`;

/** The end of the trail; no row where nothing has happened yet. */
export const selectHead = (s: string) => `SELECT id, hash FROM ${s}.incident_event ORDER BY id DESC LIMIT 1`;

/** Newest first; since `$1`, null for ever, at most `$2`. */
export const selectTrail = (s: string) => `
SELECT e.id, n.label AS incident, e.run, e.at, e.actor, e.action, e.reason, e.details, e.hash
FROM ${s}.incident_event e LEFT JOIN ${s}.incident n ON n.id = e.incident
WHERE $1::timestamptz IS NULL OR e.at >= $1 ORDER BY e.id DESC LIMIT $2`;

/** Whether the trigger that refuses changes is there, and fires. */
export const selectGuard = `
SELECT EXISTS (SELECT FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = $1 AND c.relname = 'incident_event' AND t.tgname = 'append_only' AND t.tgenabled IN ('O', 'A')) AS guarded`;
