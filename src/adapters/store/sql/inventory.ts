export const upsertInventory = (s: string) => `
INSERT INTO ${s}.source_inventory (run, source, database, reached, databases, schemas, slots, failure)
SELECT $1, u.source, u.database, u.databases IS NOT NULL, u.databases::jsonb, u.schemas::jsonb, u.slots::jsonb,
  u.failure::jsonb
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS u (source, database, databases, schemas, slots, failure)
ON CONFLICT (run, source) DO UPDATE SET database = excluded.database, reached = excluded.reached,
  databases = excluded.databases, schemas = excluded.schemas, slots = excluded.slots, failure = excluded.failure,
  judged = false`;

/** Of sources `$2`: which run `$1` has reached already, and which a run that began later has looked at. */
export const selectReplayedSources = (s: string) => `
SELECT u.source, coalesce(i.reached, false) AS is_known, EXISTS (
    SELECT FROM ${s}.source_inventory k JOIN ${s}.run r ON r.id = k.run
    WHERE k.source = u.source AND r.started_at > own.started_at) AS is_late
FROM unnest($2::text[]) AS u (source) JOIN ${s}.run own ON own.id = $1
LEFT JOIN ${s}.source_inventory i ON i.run = $1 AND i.source = u.source`;

export const markInventoryJudged = (s: string) => `
UPDATE ${s}.source_inventory SET judged = true WHERE run = $1 AND source = ANY ($2::text[]) AND NOT judged`;

/** What run `$1` saw of each source, and the last judged sight before it; `$2` sources, null for all. */
export const selectInventories = (s: string) => `
SELECT i.source, i.database, i.databases, i.schemas, i.slots, i.failure,
  before.databases AS previous_databases, before.schemas AS previous_schemas, before.slots AS previous_slots,
  before.as_of AS previous_time,
  EXISTS (SELECT FROM ${s}.source_inventory e
    WHERE e.source = i.source AND e.database = i.database AND e.run < i.run AND e.reached) AS reached_before
FROM ${s}.source_inventory i
LEFT JOIN LATERAL (
  SELECT j.databases, j.schemas, j.slots, r.as_of FROM ${s}.source_inventory j JOIN ${s}.run r ON r.id = j.run
  WHERE j.source = i.source AND j.run < i.run AND j.judged AND j.reached ORDER BY j.run DESC LIMIT 1) before ON true
WHERE i.run = $1 AND ($2::text[] IS NULL OR i.source = ANY ($2)) ORDER BY i.source`;

export const selectSourceFailures = (s: string) => `
SELECT source, failure FROM ${s}.source_inventory WHERE run = $1 AND failure IS NOT NULL ORDER BY source`;
