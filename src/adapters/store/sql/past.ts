/** What was found of tables in runs as of `$1` or later, up to run `$2`; `$3` sources, null for all. */
export const selectPastFindings = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, f.check_name, f.severity, f.message,
  (extract(epoch FROM f.at) * 1000)::float8 AS time
FROM ${s}.run r JOIN ${s}.finding f ON f.run = r.id JOIN ${s}.dataset d ON d.id = f.dataset
WHERE r.as_of >= $1 AND r.id <= $2 AND ($3::text[] IS NULL OR d.source = ANY ($3)) ORDER BY f.id`;

/**
 * Days (UTC) on which each table was measured, and whether any such run of the day was judged (`+`) or none (`-`), as one text:
 * `2026-11-23+ 2026-11-24-`; parameters as above.
 */
export const selectMeasuredDays = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, m.days
FROM (
  SELECT dataset, string_agg(day::text || CASE WHEN judged THEN '+' ELSE '-' END, ' ' ORDER BY day) AS days
  FROM (
    SELECT t.dataset, (r.as_of AT TIME ZONE 'UTC')::date AS day, bool_or(t.judged) AS judged
    FROM ${s}.run r JOIN ${s}.task t ON t.run = r.id
    WHERE r.as_of >= $1 AND r.id <= $2 AND t.state = 'ok' GROUP BY 1, 2) seen
  GROUP BY 1) m
JOIN ${s}.dataset d ON d.id = m.dataset WHERE $3::text[] IS NULL OR d.source = ANY ($3)`;
