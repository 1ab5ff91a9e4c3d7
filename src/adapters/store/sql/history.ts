/** A row `v` of `schema_version` as `StoredShape`. */
export const shapeJson = `json_build_object('run', v.run, 'time', (extract(epoch FROM v.seen_at) * 1000)::float8,
    'oid', v.oid, 'columns', v.columns, 'primary_key', v.primary_key)`;

/**
 * One page of tables under judgement in run `$1`, after dataset `$2`, at most `$3`; `$4` sources, null for all. With
 * `latest`, a table's newest task up to that run counts, otherwise only a task of that very run. `source_judged_at` is the
 * clock of the last judged run of the source before anyone saw the table: null unless the table is new since.
 */
export const selectTablesToJudge = (s: string, latest: boolean) => `
SELECT d.id, d.source, d.schema_name, d.table_name, t.run, t.state,
  CASE WHEN t.state = 'ok' AND p.run = t.run THEN p.summary END AS profile,
  now.shape, earlier.shape AS previous, (extract(epoch FROM source.as_of) * 1000)::float8 AS source_judged_at
FROM ${
  latest
    ? `${s}.dataset d CROSS JOIN LATERAL (
  SELECT k.run, k.state FROM ${s}.task k WHERE k.dataset = d.id AND k.run <= $1 ORDER BY k.run DESC LIMIT 1) t`
    : `${s}.task t JOIN ${s}.dataset d ON d.id = t.dataset`
}
LEFT JOIN ${s}.profile p ON p.dataset = d.id
LEFT JOIN LATERAL (
  SELECT ${shapeJson} AS shape FROM ${s}.schema_version v
  WHERE v.dataset = d.id AND v.run <= t.run AND t.state <> 'gone' ORDER BY v.version DESC LIMIT 1) now ON true
LEFT JOIN LATERAL (
  SELECT j.run FROM ${s}.task j
  WHERE j.dataset = d.id AND j.run < t.run AND j.judged AND j.state <> 'gone' ORDER BY j.run DESC LIMIT 1) before ON true
LEFT JOIN LATERAL (
  SELECT ${shapeJson} AS shape FROM ${s}.schema_version v
  WHERE v.dataset = d.id AND v.run <= before.run ORDER BY v.version DESC LIMIT 1) earlier ON true
LEFT JOIN LATERAL (
  SELECT r.as_of FROM ${s}.source_inventory i JOIN ${s}.run r ON r.id = i.run
  WHERE i.source = d.source AND i.run < d.first_seen_run AND i.judged AND i.reached
  ORDER BY i.run DESC LIMIT 1) source ON before.run IS NULL
WHERE ${latest ? '' : 't.run = $1 AND '}d.id > $2 AND ($4::text[] IS NULL OR d.source = ANY ($4))
ORDER BY d.id LIMIT $3`;

/**
 * Only index look-ups make sense below, and a store that was filled a minute ago has no statistics to tell the planner
 * so: it would read all series for each page.
 */
export const preferIndices = `SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off`;

/**
 * The last `$3` judged points of every series of datasets `$1`, before the run under judgement of each (`$2`); newest
 * first; of metrics `$4`, null for all. They travel as the bytes of int8send and float8send (big-endian; NaN for no standard error): five times faster
 * to make and read than arrays of text. NOT IN stays one hash table for the page, where EXISTS would be looked up by point.
 */
export const selectBaseline = (s: string) => `
SELECT q.dataset, q.column_name, q.metric, b.*
FROM unnest($1::bigint[], $2::bigint[]) AS u (dataset, run)
JOIN ${s}.series q ON q.dataset = u.dataset AND ($4::text[] IS NULL OR q.metric = ANY ($4))
CROSS JOIN LATERAL (
  SELECT string_agg(int8send(p.run), '') AS runs, string_agg(float8send(p.value), '') AS values,
    CASE WHEN count(p.std_error) > 0 THEN string_agg(float8send(coalesce(p.std_error, 'NaN')), '') END AS errors
  FROM (
    SELECT o.run, o.value, o.std_error FROM ${s}.point o
    WHERE o.series = q.id AND o.run < u.run AND (u.dataset, o.run) NOT IN (
      SELECT t.dataset, t.run FROM ${s}.task t WHERE t.dataset = ANY ($1::bigint[]) AND NOT t.judged)
    ORDER BY o.run DESC LIMIT $3) p) b
WHERE b.runs IS NOT NULL`;

/** The clocks of runs `$1`, epoch milliseconds. */
export const selectClocks = (s: string) => `
SELECT id, (extract(epoch FROM as_of) * 1000)::float8 AS time FROM ${s}.run WHERE id = ANY ($1::bigint[])`;

/**
 * The newest `$7` points of series of tables named `$3`; `$1` source, `$2` schema and `$4` metric null for any; `$5`
 * whether only column `$6` (null: the table itself) is wanted.
 */
export const selectHistory = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, q.column_name, q.metric, b.*
FROM ${s}.dataset d JOIN ${s}.series q ON q.dataset = d.id
CROSS JOIN LATERAL (
  SELECT array_agg(p.run ORDER BY p.run) AS runs, array_agg(p.label ORDER BY p.run) AS labels,
    array_agg((extract(epoch FROM p.time) * 1000)::float8 ORDER BY p.run) AS times,
    array_agg(p.value ORDER BY p.run) AS values,
    array_agg(p.std_error ORDER BY p.run) AS errors,
    array_agg(coalesce(p.judged, false) ORDER BY p.run) AS judged
  FROM (
    SELECT o.run, r.label, o.time, o.value, o.std_error, t.judged FROM ${s}.point o
    LEFT JOIN ${s}.run r ON r.id = o.run
    LEFT JOIN ${s}.task t ON t.run = o.run AND t.dataset = d.id
    WHERE o.series = q.id ORDER BY o.run DESC LIMIT $7) p) b
WHERE d.table_name = $3 AND ($1::text IS NULL OR d.source = $1) AND ($2::text IS NULL OR d.schema_name = $2)
  AND ($4::text IS NULL OR q.metric = $4) AND (NOT $5::boolean OR q.column_name IS NOT DISTINCT FROM $6::text)
  AND b.runs IS NOT NULL
ORDER BY d.source, d.schema_name, q.column_name NULLS FIRST, q.metric`;

/** Metric `$2` of tables as run `$1` measured it, at most `$3`. */
export const selectTableFigures = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, p.value
FROM ${s}.series e JOIN ${s}.point p ON p.series = e.id AND p.run = $1 JOIN ${s}.dataset d ON d.id = e.dataset
WHERE e.metric = $2 AND e.column_name IS NULL
ORDER BY d.source, d.schema_name, d.table_name LIMIT $3`;
