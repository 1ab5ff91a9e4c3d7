/** `$1` run; by row: `$2` dataset, `$3` encoded history, `$4` encoded last days, `$5` when the last of them closed. */
export const upsertEvents = (s: string) => `
INSERT INTO ${s}.event_history AS h (dataset, run, events, first_seen, first_seen_at, closed_at)
SELECT u.dataset, $1, u.events, u.recent, (SELECT as_of FROM ${s}.run WHERE id = $1), u.closed_at
FROM unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::timestamptz[]) AS u (dataset, events, recent, closed_at)
ON CONFLICT (dataset) DO UPDATE SET run = excluded.run, events = excluded.events, closed_at = excluded.closed_at,
  first_seen = CASE WHEN h.closed_at = excluded.closed_at THEN h.first_seen ELSE excluded.first_seen END,
  first_seen_before = CASE
    WHEN h.closed_at = excluded.closed_at THEN h.first_seen_before
    WHEN h.closed_at < excluded.closed_at THEN h.first_seen
  END,
  first_seen_at = CASE WHEN h.closed_at = excluded.closed_at THEN h.first_seen_at ELSE excluded.first_seen_at END,
  first_seen_before_at = CASE
    WHEN h.closed_at = excluded.closed_at THEN h.first_seen_before_at
    WHEN h.closed_at < excluded.closed_at THEN h.first_seen_at
  END`;

/** Datasets `$1` have no history any more. */
export const deleteEvents = (s: string) => `
DELETE FROM ${s}.event_history WHERE dataset = ANY ($1::bigint[])`;

/** The histories of datasets `$1` that come from their runs `$2`. */
export const selectEvents = (s: string) => `
SELECT h.dataset, h.events, h.first_seen_before, h.first_seen_before_at FROM unnest($1::bigint[], $2::bigint[]) AS u (dataset, run)
JOIN ${s}.event_history h ON h.dataset = u.dataset AND h.run = u.run`;

/** The histories of tables named `$3`; `$1` source and `$2` schema null for any. */
export const selectEventsByName = (s: string) => `
SELECT d.source, d.schema_name, d.table_name, h.events
FROM ${s}.event_history h JOIN ${s}.dataset d ON d.id = h.dataset
WHERE d.table_name = $3 AND ($1::text IS NULL OR d.source = $1) AND ($2::text IS NULL OR d.schema_name = $2)
ORDER BY d.source, d.schema_name`;
