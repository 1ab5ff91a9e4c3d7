/**
 * `$1` the run; by row: `$2` dataset, `$3` state, `$4` attempts, `$5` row count, `$6` failure, `$7` cost, `$8` when, null for now. \`repeated\`
 * tells the rows that were there before (an update leaves its own id in \`xmax\`).
 */
export const upsertTasks = (s: string) => `
INSERT INTO ${s}.task AS t (run, dataset, state, attempts, row_count, failure, cost, finished_at)
SELECT $1, u.dataset, u.state, u.attempts, u.row_count, u.failure::jsonb, u.cost::jsonb, coalesce(u.finished_at, now())
FROM unnest($2::bigint[], $3::text[], $4::int[], $5::float8[], $6::text[], $7::text[], $8::timestamptz[])
  AS u (dataset, state, attempts, row_count, failure, cost, finished_at)
ON CONFLICT (run, dataset) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
  row_count = excluded.row_count, failure = excluded.failure, cost = excluded.cost, judged = false,
  finished_at = excluded.finished_at
RETURNING dataset, t.xmax <> 0 AS repeated`;

/**
 * What stands against storing figures of run `$1` that waited elsewhere, of datasets `$2`: the state that the run has stored of
 * a table since, and whether a run that began later has looked at it.
 */
export const selectReplayed = (s: string) => `
SELECT u.dataset, t.state, EXISTS (
    SELECT FROM ${s}.task k JOIN ${s}.run r ON r.id = k.run
    WHERE k.dataset = u.dataset AND r.started_at > own.started_at) AS is_late
FROM unnest($2::bigint[]) AS u (dataset) JOIN ${s}.run own ON own.id = $1
LEFT JOIN ${s}.task t ON t.run = $1 AND t.dataset = u.dataset`;

export const markJudged = (s: string) => `
UPDATE ${s}.task SET judged = true WHERE run = $1 AND dataset = ANY ($2::bigint[]) AND NOT judged`;

export const selectTasks = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, t.state, t.attempts, t.row_count, t.judged, t.failure, t.cost, t.finished_at
FROM ${s}.task t JOIN ${s}.dataset d ON d.id = t.dataset
WHERE t.run = $1 ORDER BY d.source, d.schema_name, d.table_name`;
