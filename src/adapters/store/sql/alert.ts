const milliseconds = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const after = (parameter: string) => `clock_timestamp() + ${parameter} * interval '1 millisecond'`;

/** Once per sink of `$4`; by row: `$1` incident, `$2` dedup key, `$3` payload. What is there already is left as it is. */
export const insertAlerts = (s: string) => `
INSERT INTO ${s}.alert_delivery (incident, sink, dedup_key, payload, state, created_at, next_attempt_at)
SELECT u.incident, k.sink, u.dedup_key, u.payload::jsonb, 'pending', clock_timestamp(), clock_timestamp()
FROM unnest($1::bigint[], $2::text[], $3::text[]) WITH ORDINALITY AS u (incident, dedup_key, payload, position)
  CROSS JOIN unnest($4::text[]) AS k (sink)
ORDER BY u.position
ON CONFLICT (sink, dedup_key) DO NOTHING`;

/** What was alerted at `$1`; by row: `$2` incident, `$3` severity. */
export const markAlerted = (s: string) => `
UPDATE ${s}.incident n SET alerts = n.alerts + 1, alerted_at = $1, alerted_severity = u.severity
FROM unnest($2::bigint[], $3::text[]) AS u (id, severity) WHERE n.id = u.id`;

/**
 * The next alert of sink `$1`, claimed for `$2` ms. Of one incident the older comes first, always: nobody is told that it is over
 * before that it began. Those tried least come first, so that one that never succeeds holds up no other.
 */
export const claimAlert = (s: string) => `
UPDATE ${s}.alert_delivery SET attempts = attempts + 1, claimed_until = ${after('$2::float8')}
WHERE id = (
  SELECT d.id FROM ${s}.alert_delivery d
  WHERE d.sink = $1 AND d.state = 'pending' AND d.next_attempt_at <= clock_timestamp()
    AND (d.claimed_until IS NULL OR d.claimed_until < clock_timestamp())
    AND NOT EXISTS (SELECT FROM ${s}.alert_delivery e
      WHERE e.incident = d.incident AND e.sink = d.sink AND e.state = 'pending' AND e.id < d.id)
  ORDER BY d.attempts, d.id LIMIT 1
  FOR UPDATE SKIP LOCKED)
RETURNING id, sink, payload, attempts`;

/** Milliseconds until `claimAlert` may find something of sink `$1`, 0 or less where it may now; no row where nothing waits. */
export const selectNextDue = (s: string) => `
SELECT ${milliseconds('min(greatest(next_attempt_at, claimed_until)) - clock_timestamp()')} AS wait
FROM ${s}.alert_delivery d WHERE sink = $1 AND state = 'pending'
  AND NOT EXISTS (SELECT FROM ${s}.alert_delivery e
    WHERE e.incident = d.incident AND e.sink = d.sink AND e.state = 'pending' AND e.id < d.id)
HAVING count(*) > 0`;

/** Attempt `$2` of row `$1` has ended: `$3` state, `$4` failure, `$5` ms until the next attempt. No row where it is not ours any more. */
export const recordAttempt = (s: string) => `
UPDATE ${s}.alert_delivery SET state = $3, failure = $4::jsonb, claimed_until = NULL,
  delivered_at = CASE WHEN $3 = 'delivered' THEN clock_timestamp() END,
  next_attempt_at = CASE WHEN $3 = 'pending' THEN ${after('$5::float8')} END
WHERE id = $1 AND attempts = $2 AND state = 'pending'
RETURNING incident`;

/** Nothing of sink `$1` is tried for `$2` ms. */
export const deferAlerts = (s: string) => `
UPDATE ${s}.alert_delivery SET next_attempt_at = ${after('$2::float8')}
WHERE sink = $1 AND state = 'pending' AND next_attempt_at < ${after('$2::float8')}`;

/** What waits for sinks `$1` is due now; with `$2` also what failed for good. */
export const makeDue = (s: string) => `
UPDATE ${s}.alert_delivery SET state = 'pending', next_attempt_at = clock_timestamp()
WHERE sink = ANY ($1::text[]) AND (state = 'pending' OR (state = 'failed' AND $2))`;

/** Oldest first; `$1` states. */
export const selectAlerts = (s: string) => `
SELECT sink, payload, state, attempts, failure, created_at, next_attempt_at, delivered_at
FROM ${s}.alert_delivery WHERE state = ANY ($1::text[]) ORDER BY id`;

export const countAlerts = (s: string) => `
SELECT sink, state, count(*)::float8 AS count FROM ${s}.alert_delivery GROUP BY sink, state`;
