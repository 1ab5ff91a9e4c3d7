export const interruptRunning = (s: string) => `
UPDATE ${s}.run SET state = 'interrupted' WHERE state = 'running' RETURNING id, label`;

/** The label is the caller's, so that a commit whose answer was lost can be repeated without a second run. */
export const insertRun = (s: string) => `
INSERT INTO ${s}.run AS r (label, command, state, started_at, as_of, version, selection, settings)
VALUES ($1, $2, 'running', $3, $4, $5, $6::jsonb, $7)
ON CONFLICT (label) DO UPDATE SET state = 'running'
RETURNING id`;

/** The run of a spool, as it is here; made where the store does not know it. Values as for `insertRun`. */
export const adoptRun = (s: string) => insertRun(s).replace(`SET state = 'running'`, 'SET label = excluded.label');

export const resumeRun = (s: string) => `
UPDATE ${s}.run SET state = 'running', finished_at = NULL WHERE id = $1 RETURNING id`;

export const finishRun = (s: string) => `
UPDATE ${s}.run SET state = $2, finished_at = $3, totals = $4::jsonb, cost = $5::jsonb WHERE id = $1`;

/** Newest first; `$1` command, `$2` states, `$3` label, `$5` the id that it is below, each null for any; `$4` how many. */
export const selectRuns = (s: string) => `
SELECT id, label, command, state, started_at, finished_at, as_of, totals, cost, version, selection FROM ${s}.run
WHERE ($1::text IS NULL OR command = $1) AND ($2::text[] IS NULL OR state = ANY ($2)) AND ($3::text IS NULL OR label = $3)
  AND ($5::bigint IS NULL OR id < $5)
ORDER BY id DESC LIMIT $4`;

/** The newest run that looked at any of sources `$1`, as far as is known. */
export const selectNewestRun = (s: string) => `
SELECT r.id, r.label, r.command, r.state, r.started_at, r.as_of, r.selection, r.settings, t.done::int AS done,
  (extract(epoch FROM now() - greatest(r.started_at, t.last_at)) * 1000)::float8 AS silent_ms
FROM ${s}.run r CROSS JOIN LATERAL (
  SELECT count(*) AS done, max(k.finished_at) AS last_at FROM ${s}.task k WHERE k.run = r.id AND k.state = 'ok') t
WHERE r.selection IS NULL OR r.selection -> 'sources' ?| $1::text[]
ORDER BY r.id DESC LIMIT 1`;
