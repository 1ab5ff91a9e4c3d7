/** `$1` run, `$2` datasets, `$3` sources whose own findings go too. */
export const deleteFindings = (s: string) => `
DELETE FROM ${s}.finding
WHERE run = $1 AND (dataset = ANY ($2::bigint[]) OR (dataset IS NULL AND source = ANY ($3::text[])))`;

export const insertFindings = (s: string) => `
INSERT INTO ${s}.finding (run, dataset, source, column_name, metric, check_name, severity, value_number, value_text,
  expected_lower, expected_upper, score, at, message, incident, cause, schema_name, object)
SELECT $1, u.* FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::float8[],
  $9::text[], $10::float8[], $11::float8[], $12::float8[], $13::timestamptz[], $14::text[], $15::text[],
  $16::text[], $17::text[], $18::text[]) AS u`;

/** What `findingOf` reads, of finding `f` and its dataset `d`. */
const COLUMNS = `f.source, coalesce(d.schema_name, f.schema_name) AS schema_name, d.table_name, f.column_name, f.object,
  f.metric, f.check_name, f.severity, f.value_number, f.value_text, f.expected_lower, f.expected_upper, f.score, f.at,
  f.message, f.incident, f.cause`;

export const selectFindings = (s: string) => `
SELECT ${COLUMNS}
FROM ${s}.finding f LEFT JOIN ${s}.dataset d ON d.id = f.dataset
WHERE f.run = $1 ORDER BY f.score DESC, f.id`;

/** Those of incidents `$1` (labels) in the run of each (`$2`), in no order. */
export const selectFindingsOfIncidents = (s: string) => `
SELECT ${COLUMNS}
FROM unnest($1::text[], $2::bigint[]) AS u (label, run)
JOIN ${s}.finding f ON f.incident = u.label AND f.run = u.run LEFT JOIN ${s}.dataset d ON d.id = f.dataset`;
