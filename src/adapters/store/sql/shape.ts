/** A new version where the shape differs from the last one. `$1` run; by row: `$2` dataset, `$3` oid, `$4` columns, `$5` key. */
export const insertSchemaVersions = (s: string) => `
INSERT INTO ${s}.schema_version (dataset, version, run, oid, columns, primary_key, seen_at)
SELECT u.dataset, coalesce(last.version, 0) + 1, r.id, u.oid, u.columns::jsonb, u.primary_key::jsonb, r.as_of
FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[]) AS u (dataset, oid, columns, primary_key)
JOIN ${s}.run r ON r.id = $1
LEFT JOIN LATERAL (
  SELECT v.version, v.oid, v.columns, v.primary_key FROM ${s}.schema_version v
  WHERE v.dataset = u.dataset ORDER BY v.version DESC LIMIT 1) last ON true
WHERE last.version IS NULL
  OR last.oid <> u.oid OR last.columns <> u.columns::jsonb OR last.primary_key <> u.primary_key::jsonb
RETURNING dataset`;

/** `$1` datasets, `$2` run: said of every column, taken back by \`upsertColumns\` for those that are there. */
export const markColumnsGone = (s: string) => `
UPDATE ${s}.dataset_column SET gone_since = $2 WHERE dataset = ANY ($1::bigint[]) AND gone_since IS NULL`;

/** `$1` dataset and `$2` name by row; `$3` run. */
export const upsertColumns = (s: string) => `
INSERT INTO ${s}.dataset_column (dataset, name, first_seen_run)
SELECT u.dataset, u.name, $3 FROM unnest($1::bigint[], $2::text[]) AS u (dataset, name)
ON CONFLICT (dataset, name) DO UPDATE SET gone_since = NULL`;
