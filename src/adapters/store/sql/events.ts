/** `$1` run; by row: `$2` dataset, `$3` encoded history. */
export const upsertEvents = (s: string) => `
INSERT INTO ${s}.event_history (dataset, run, events)
SELECT u.dataset, $1, u.events FROM unnest($2::bigint[], $3::bytea[]) AS u (dataset, events)
ON CONFLICT (dataset) DO UPDATE SET run = excluded.run, events = excluded.events`;

/** Datasets `$1` have no history any more. */
export const deleteEvents = (s: string) => `
DELETE FROM ${s}.event_history WHERE dataset = ANY ($1::bigint[])`;

/** The histories of datasets `$1` that come from their runs `$2`. */
export const selectEvents = (s: string) => `
SELECT h.dataset, h.events FROM unnest($1::bigint[], $2::bigint[]) AS u (dataset, run)
JOIN ${s}.event_history h ON h.dataset = u.dataset AND h.run = u.run`;

/** The histories of tables named `$3`; `$1` source and `$2` schema null for any. */
export const selectEventsByName = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, h.events
FROM ${s}.event_history h JOIN ${s}.dataset d ON d.id = h.dataset
WHERE d.table_name = $3 AND ($1::text IS NULL OR d.source = $1) AND ($2::text IS NULL OR d.schema_name = $2)
ORDER BY d.source, d.schema_name`;
