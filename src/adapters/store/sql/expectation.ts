/**
 * What was found of incidents `$1` (ids) by the last run that saw each becomes expected: `$2` reason, `$3` by whom, `$4` when
 * (not before it was seen), `$5` until when.
 */
export const expectFindings = (s: string) => `
INSERT INTO ${s}.expectation (source, schema_name, table_name, column_name, object, metric, reason, declared_by, declared_at,
  expires_at)
SELECT DISTINCT f.source, coalesce(d.schema_name, f.schema_name), d.table_name, f.column_name, f.object, f.metric, $2::text,
  $3::text, greatest($4::timestamptz, n.last_seen_at), coalesce($5::timestamptz, greatest($4, n.last_seen_at) + interval '30 days')
FROM ${s}.incident n JOIN ${s}.finding f ON f.incident = n.label AND f.run = n.last_run
LEFT JOIN ${s}.dataset d ON d.id = f.dataset
WHERE n.id = ANY ($1::bigint[])`;

/** What is expected of datasets `$1` at `$2`. */
export const selectTableExpectations = (s: string) => `
SELECT d.id AS dataset, e.column_name, e.metric, (extract(epoch FROM e.declared_at) * 1000)::float8 AS declared_at
FROM ${s}.dataset d
JOIN ${s}.expectation e ON e.source = d.source AND e.schema_name = d.schema_name AND e.table_name = d.table_name
WHERE d.id = ANY ($1::bigint[]) AND e.metric IS NOT NULL AND (e.expires_at IS NULL OR e.expires_at > $2)
ORDER BY e.id`;

/** What is expected of sources (`$1`, null for all) as such at `$2`. */
export const selectSourceExpectations = (s: string) => `
SELECT e.source, e.schema_name, e.object, e.metric, (extract(epoch FROM e.declared_at) * 1000)::float8 AS declared_at
FROM ${s}.expectation e
WHERE e.table_name IS NULL AND e.metric IS NOT NULL AND ($1::text[] IS NULL OR e.source = ANY ($1))
  AND (e.expires_at IS NULL OR e.expires_at > $2)
ORDER BY e.id`;
