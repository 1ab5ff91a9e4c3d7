/**
 * Of each table what its newest task says, its rows when it was last read, its age then, and the worst of its incidents that
 * people should look at. The index of `series_name` finds one series among the many of a table. `datasets` are rows of `dataset`.
 */
const overviews = (s: string, datasets: string) => `
SELECT d.source, d.schema_name, d.table_name, d.kind, d.gone_since IS NOT NULL AS gone, t.state, t.failure, r.label AS run,
  t.finished_at AS seen_at, k.row_count AS rows, f.value AS freshness, coalesce(i.incidents, 0)::int AS incidents,
  i.severity
FROM (${datasets}) d
LEFT JOIN LATERAL (
  SELECT k.run, k.state, k.failure ->> 'message' AS failure, k.finished_at FROM ${s}.task k
  WHERE k.dataset = d.id ORDER BY k.run DESC LIMIT 1) t ON true
LEFT JOIN ${s}.run r ON r.id = t.run
LEFT JOIN LATERAL (
  SELECT k.row_count FROM ${s}.task k WHERE k.dataset = d.id AND k.state = 'ok' ORDER BY k.run DESC LIMIT 1) k ON true
LEFT JOIN LATERAL (
  SELECT n.value FROM ${s}.series e CROSS JOIN LATERAL (
    SELECT p.value FROM ${s}.point p WHERE p.series = e.id ORDER BY p.run DESC LIMIT 1) n
  WHERE coalesce(e.dataset, 0) = d.id AND e.source = d.source AND coalesce(e.column_name, '') = ''
    AND e.metric = 'freshness_seconds') f ON true
LEFT JOIN (
  SELECT g.dataset, count(DISTINCT n.id) AS incidents,
    (ARRAY['critical', 'warn', 'info'])[min(array_position(ARRAY['critical', 'warn', 'info'], n.severity))] AS severity
  FROM ${s}.incident n JOIN ${s}.finding g ON g.incident = n.label AND g.run = n.last_run
  WHERE n.state IN ('open', 'acknowledged') GROUP BY g.dataset) i ON i.dataset = d.id`;

/** What pages of tables may be sorted by; names come last in every order. */
export const TABLE_ORDERS = {
  name: [],
  rows: ['rows'],
  freshness: ['freshness'],
  seen: ['seen_at'],
  incidents: [`array_position(ARRAY['info', 'warn', 'critical'], severity)`, 'incidents'],
} as const;

/**
 * `$1` sources, `$2` words that the name holds in any case, `$3` states, each null for any; `$4` whether those that are gone are
 * wanted; `$5` how many after the first `$6`. `anyState` promises that `$3` is null: then a page in the order of names is known before
 * anything is looked up of its tables, which makes it a hundred times faster where there are ten thousand.
 */
export const selectTables = (
  s: string,
  { order, descending, anyState }: { order: keyof typeof TABLE_ORDERS; descending: boolean; anyState: boolean },
) => {
  const names = ['source', 'schema_name', 'table_name'].map((column) =>
    order === 'name' && descending ? `${column} DESC` : column,
  );
  const figures = TABLE_ORDERS[order].map((column) => `${column} ${descending ? 'DESC' : 'ASC'} NULLS LAST`);
  const sorted = `ORDER BY ${[...figures, ...names].join(', ')}`;
  const early = order === 'name' && anyState;
  const wanted = `FROM ${s}.dataset
    WHERE ($1::text[] IS NULL OR source = ANY ($1))
      AND ($2::text IS NULL OR position(lower($2) IN lower(source || '.' || schema_name || '.' || table_name)) > 0)
      AND ($4::boolean OR gone_since IS NULL)`;
  const page = `${sorted} LIMIT $5 OFFSET $6`;
  return early
    ? `SELECT l.*, (SELECT count(*) ${wanted}) AS total FROM (${overviews(s, `SELECT * ${wanted} ${page}`)}) l
WHERE $3::text[] IS NULL ${sorted}`
    : `SELECT l.*, count(*) OVER () AS total FROM (${overviews(s, `SELECT * ${wanted}`)}) l
WHERE $3::text[] IS NULL OR state = ANY ($3) ${page}`;
};

/** The table of source `$1`, schema `$2`, name `$3`, with its newest profile, where there is one. */
export const selectTable = (s: string) => `
SELECT l.*, p.summary, q.label AS profile_run, q.as_of
FROM (${overviews(s, `SELECT * FROM ${s}.dataset WHERE (source, schema_name, table_name) = ($1, $2, $3)`)}) l
JOIN ${s}.dataset d ON (d.source, d.schema_name, d.table_name) = ($1, $2, $3)
LEFT JOIN ${s}.profile p ON p.dataset = d.id LEFT JOIN ${s}.run q ON q.id = p.run`;

/** The series of that table. */
export const selectSeriesNames = (s: string) => `
SELECT e.column_name, e.metric FROM ${s}.dataset d JOIN ${s}.series e ON e.dataset = d.id
WHERE d.source = $1 AND d.schema_name = $2 AND d.table_name = $3 ORDER BY e.column_name NULLS FIRST, e.metric`;

/**
 * One series of that table, `$4` metric, `$5` column (null: of the table itself), from `$6` to `$7` (null: all there is), in at most
 * `$8` buckets of equal length; those without a point are left out.
 */
export const selectRolledUp = (s: string) => `
WITH points AS (
  SELECT p.run, p.value, (extract(epoch FROM p.time) * 1000)::float8 AS time
  FROM ${s}.dataset d JOIN ${s}.series e ON e.dataset = d.id JOIN ${s}.point p ON p.series = e.id
  WHERE d.source = $1 AND d.schema_name = $2 AND d.table_name = $3 AND e.metric = $4
    AND e.column_name IS NOT DISTINCT FROM $5::text
    AND ($6::timestamptz IS NULL OR p.time >= $6) AND ($7::timestamptz IS NULL OR p.time <= $7)),
edges AS (SELECT min(time) AS first, greatest((max(time) - min(time)) / $8::float8, 1) AS width FROM points)
SELECT min(time) AS from, max(time) AS to, count(*)::int AS points, min(value) AS min, max(value) AS max,
  avg(value) AS mean, (array_agg(value ORDER BY run DESC))[1] AS last
FROM points, edges GROUP BY least(floor((time - first) / width), $8::float8 - 1) ORDER BY 1`;
