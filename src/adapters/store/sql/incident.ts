const milliseconds = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

const KNOWN = `id, label, fingerprint, state, severity, score, title, cause, first_run, last_run, clean_runs,
  ${milliseconds('opened_at')} AS opened_at, ${milliseconds('last_seen_at')} AS last_seen_at,
  ${milliseconds('resolved_at')} AS resolved_at, ${milliseconds('muted_until')} AS muted_until, details,
  alerted_severity, alerts`;

/** Incidents that go on, and those that are over but were last seen by run `$1` or a later one. */
export const selectKnown = (s: string) => `
SELECT ${KNOWN}
FROM ${s}.incident WHERE state <> 'resolved' OR last_run >= $1 ORDER BY id`;

export const selectLastNumber = (s: string) => `
SELECT coalesce(max(substring(label FROM 5)::bigint), 0) AS number FROM ${s}.incident`;

/** New ones, seen by run `$1` at `$2`; by row: `$3` label, fingerprint, source, dataset, severity, score, title, cause, details. */
export const insertIncidents = (s: string) => `
INSERT INTO ${s}.incident (label, fingerprint, source, dataset, state, severity, score, title, cause, first_run, last_run,
  opened_at, last_seen_at, details)
SELECT u.label, u.fingerprint, u.source, u.dataset, 'open', u.severity, u.score, u.title, u.cause, $1, $1, $2, $2, u.details::jsonb
FROM unnest($3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::float8[], $9::text[], $10::text[],
  $11::text[]) AS u (label, fingerprint, source, dataset, severity, score, title, cause, details)
RETURNING id, label`;

/** By row: `$1` id and all that a run may change. */
export const updateIncidents = (s: string) => `
UPDATE ${s}.incident n SET state = u.state, severity = u.severity, score = u.score, title = u.title, cause = u.cause,
  last_run = u.last_run, last_seen_at = u.last_seen_at, resolved_at = u.resolved_at, muted_until = u.muted_until,
  clean_runs = u.clean_runs, details = n.details || u.details::jsonb
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::float8[], $5::text[], $6::text[], $7::bigint[], $8::timestamptz[],
  $9::timestamptz[], $10::timestamptz[], $11::int[], $12::text[])
  AS u (id, state, severity, score, title, cause, last_run, last_seen_at, resolved_at, muted_until, clean_runs, details)
WHERE n.id = u.id`;

/** What run `$1` knows of the judged: which of datasets `$2` it read, and which of sources `$3` it reached. */
export const selectMeasured = (s: string) => `
SELECT r.label, ${milliseconds('r.as_of')} AS time,
  ARRAY(SELECT t.dataset::float8 FROM ${s}.task t
    WHERE t.run = r.id AND t.state = 'ok' AND t.dataset = ANY ($2::bigint[])) AS datasets,
  ARRAY(SELECT i.source FROM ${s}.source_inventory i
    WHERE i.run = r.id AND i.reached AND i.source = ANY ($3::text[])) AS sources
FROM ${s}.run r WHERE r.id = $1`;

/**
 * `$1` states, `$2` label, `$3` run, each null for any; `$4` how many (null: all) after the first `$5`. `seen_run` is the run whose findings are shown: the last that saw
 * it, or `$3`, which counts as having seen it where it found more than information.
 */
export const selectIncidents = (s: string) => `
SELECT n.label, n.state, n.severity, n.title, n.cause, n.opened_at, n.muted_until, coalesce($3, n.last_run) AS seen_run
FROM ${s}.incident n
WHERE ($1::text[] IS NULL OR n.state = ANY ($1)) AND ($2::text IS NULL OR n.label = $2)
  AND ($3::bigint IS NULL
    OR EXISTS (SELECT FROM ${s}.finding f WHERE f.incident = n.label AND f.run = $3 AND f.severity <> 'info'))
ORDER BY array_position(ARRAY['open', 'acknowledged', 'expected', 'muted', 'resolved'], n.state),
  array_position(ARRAY['critical', 'warn', 'info'], n.severity), n.score DESC, n.id
LIMIT $4 OFFSET $5`;

/** Incidents labelled `$1`, to be changed. */
export const selectForChange = (s: string) => `
SELECT ${KNOWN} FROM ${s}.incident WHERE label = ANY ($1::text[])`;

/** Up to three labels: those nearest to number `$1`, which go on before those that are over. */
export const selectNearest = (s: string) => `
SELECT label FROM ${s}.incident
ORDER BY state = 'resolved', abs(substring(label FROM 5)::numeric - $1::numeric), id DESC LIMIT 3`;

/** A person's change of incidents `$1` (ids): `$2` state, `$3` resolved at, `$4` muted until. */
export const changeIncidents = (s: string) => `
UPDATE ${s}.incident SET state = $2, resolved_at = $3, muted_until = $4 WHERE id = ANY ($1::bigint[])`;
