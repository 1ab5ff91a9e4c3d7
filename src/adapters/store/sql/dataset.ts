export const selectDatasets = (s: string) => `
SELECT id, source, schema_name, table_name, kind, first_seen_run, last_seen_run, gone_since FROM ${s}.dataset
WHERE $1::text[] IS NULL OR source = ANY ($1) ORDER BY source, schema_name, table_name`;

/** `$1`–`$4` source, schema, table, kind by row; `$5` the run. Changes nothing of a row that is there, and returns it. */
export const insertDatasets = (s: string) => `
INSERT INTO ${s}.dataset AS d (source, schema_name, table_name, kind, first_seen_run, last_seen_run)
SELECT u.source, u.schema_name, u.table_name, u.kind, $5, $5
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS u (source, schema_name, table_name, kind)
ON CONFLICT (source, schema_name, table_name) DO UPDATE SET kind = d.kind
RETURNING id, source, schema_name, table_name`;

/** These are there: `$1` ids, `$2` kinds by row; `$3` the run. */
export const touchDatasets = (s: string) => `
UPDATE ${s}.dataset d SET kind = u.kind, last_seen_run = $3, gone_since = NULL, gone_judged = false
FROM unnest($1::bigint[], $2::text[]) AS u (id, kind) WHERE d.id = u.id`;

/**
 * Record that tables (`$1` ids) are missing in run `$2`, unless that was already judged in an earlier run. The task of
 * state \`gone\` is what judgement finds, so a disappearance that an unjudged run saw first is reported by the next.
 */
export const markGone = (s: string) => `
WITH missing AS (
  UPDATE ${s}.dataset SET gone_since = coalesce(gone_since, $2)
  WHERE id = ANY ($1::bigint[]) AND (NOT gone_judged OR gone_since = $2)
  RETURNING id)
INSERT INTO ${s}.task AS t (run, dataset, state, attempts, finished_at)
SELECT $2, id, 'gone', 1, now() FROM missing
ON CONFLICT (run, dataset) DO UPDATE SET state = 'gone', judged = false, finished_at = excluded.finished_at
  WHERE t.state <> 'gone'`;

export const markGoneJudged = (s: string) => `
UPDATE ${s}.dataset d SET gone_judged = true FROM ${s}.task t
WHERE t.run = $1 AND t.dataset = d.id AND t.state = 'gone' AND d.id = ANY ($2::bigint[]) AND d.gone_since IS NOT NULL`;
