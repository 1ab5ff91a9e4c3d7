/**
 * `$1` the run; by row: `$2` dataset, `$3` state, `$4` attempts, `$5` row count, `$6` failure, `$7` cost. \`repeated\`
 * tells the rows that were there before (an update leaves its own id in \`xmax\`).
 */
export const upsertTasks = (s: string) => `
INSERT INTO ${s}.task AS t (run, dataset, state, attempts, row_count, failure, cost, finished_at)
SELECT $1, u.dataset, u.state, u.attempts, u.row_count, u.failure::jsonb, u.cost::jsonb, now()
FROM unnest($2::bigint[], $3::text[], $4::int[], $5::float8[], $6::text[], $7::text[])
  AS u (dataset, state, attempts, row_count, failure, cost)
ON CONFLICT (run, dataset) DO UPDATE SET state = excluded.state, attempts = excluded.attempts,
  row_count = excluded.row_count, failure = excluded.failure, cost = excluded.cost, judged = false,
  finished_at = excluded.finished_at
RETURNING dataset, t.xmax <> 0 AS repeated`;

export const markJudged = (s: string) => `
UPDATE ${s}.task SET judged = true WHERE run = $1 AND dataset = ANY ($2::bigint[]) AND NOT judged`;

export const selectTasks = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, t.state, t.attempts, t.row_count, t.judged, t.failure, t.cost, t.finished_at
FROM ${s}.task t JOIN ${s}.dataset d ON d.id = t.dataset
WHERE t.run = $1 ORDER BY d.source, d.schema_name, d.table_name`;
