/**
 * `$1` run; by row: `$2` dataset, `$3` mode, `$4` consistent, `$5` summary. A stored state stays only under mode
 * \`unchanged\`: any other profile counts other rows than it did.
 */
export const upsertProfiles = (s: string) => `
INSERT INTO ${s}.profile AS p (dataset, run, mode, consistent, summary)
SELECT u.dataset, $1, u.mode, u.consistent, u.summary::jsonb
FROM unnest($2::bigint[], $3::text[], $4::boolean[], $5::text[]) AS u (dataset, mode, consistent, summary)
ON CONFLICT (dataset) DO UPDATE SET run = excluded.run, mode = excluded.mode, consistent = excluded.consistent,
  summary = excluded.summary,
  state = CASE WHEN excluded.mode = 'unchanged' THEN p.state END,
  state_version = CASE WHEN excluded.mode = 'unchanged' THEN p.state_version END`;

/** One state at a time and as binary: in an array it would travel as hex, several times its size. */
export const updateState = (s: string) => `
UPDATE ${s}.profile SET state = $2, state_version = $3 WHERE dataset = $1`;

/** Profiles of run `$1` in which something, but not the table, could not be read. */
export const selectPartialProfiles = (s: string) => `
SELECT summary FROM ${s}.profile
WHERE run = $1 AND jsonb_path_exists(summary, '$.*[*].failure') ORDER BY dataset`;

/** A page of what run `$1` read of source `$2`, after dataset `$3`, at most `$4`; without mergeable states, which may be large. */
export const selectRunProfiles = (s: string) => `
SELECT p.dataset, p.summary, t.judged FROM ${s}.profile p
JOIN ${s}.dataset d ON d.id = p.dataset JOIN ${s}.task t ON t.dataset = p.dataset AND t.run = p.run
WHERE p.run = $1 AND d.source = $2 AND t.state = 'ok' AND p.dataset > $3 ORDER BY p.dataset LIMIT $4`;

export const selectProfile = (s: string) => `
SELECT p.run, p.mode, p.consistent, p.state, p.state_version, p.summary, r.as_of
FROM ${s}.dataset d JOIN ${s}.profile p ON p.dataset = d.id JOIN ${s}.run r ON r.id = p.run
WHERE d.source = $1 AND d.schema_name = $2 AND d.table_name = $3`;
