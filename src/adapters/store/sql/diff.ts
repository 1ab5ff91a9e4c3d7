import { shapeJson } from './history.js';

const newestShape = (s: string, run: string) => `
SELECT v.version, ${shapeJson} AS shape FROM ${s}.schema_version v
WHERE v.dataset = d.id AND v.run <= ${run} ORDER BY v.version DESC LIMIT 1`;

/**
 * Every table that run `$1` or `$2` looked at, with what became of it in each. Shapes are there where they differ. A state is null
 * where the run did not look at it; `is_new`, `is_gone` tell whether that is because the table was not there.
 */
export const selectTablesOfBoth = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, a.state AS state_before, b.state AS state_after,
  a.row_count AS rows_before, b.row_count AS rows_after, a.failure AS failure_before, b.failure AS failure_after,
  d.first_seen_run > $1 AS is_new, coalesce(d.gone_since <= $2, false) AS is_gone,
  CASE WHEN was.version <> now.version THEN was.shape END AS shape_before,
  CASE WHEN was.version <> now.version THEN now.shape END AS shape_after
FROM (SELECT * FROM ${s}.task WHERE run = $1) a
FULL JOIN (SELECT * FROM ${s}.task WHERE run = $2) b USING (dataset)
JOIN ${s}.dataset d ON d.id = dataset
LEFT JOIN LATERAL (${newestShape(s, '$1')}) was ON true
LEFT JOIN LATERAL (${newestShape(s, '$2')}) now ON true
ORDER BY d.source, d.schema_name, d.table_name`;

/** Every figure of tables that runs `$1` and `$2` measured differently. Two look-ups a series: points have no index by run. */
export const selectChangedFigures = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, e.column_name, e.metric, a.value AS before, b.value AS after
FROM ${s}.series e
JOIN ${s}.dataset d ON d.id = e.dataset
CROSS JOIN LATERAL (SELECT p.value FROM ${s}.point p WHERE p.series = e.id AND p.run = $1 LIMIT 1) a
CROSS JOIN LATERAL (SELECT p.value FROM ${s}.point p WHERE p.series = e.id AND p.run = $2 LIMIT 1) b
WHERE a.value <> b.value
ORDER BY d.source, d.schema_name, d.table_name, e.column_name NULLS FIRST, e.metric`;
