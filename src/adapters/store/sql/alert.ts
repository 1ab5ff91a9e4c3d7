const milliseconds = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;
const after = (parameter: string) => `clock_timestamp() + ${parameter} * interval '1 millisecond'`;

/**
 * By row: `$1` sink, `$2` incident (null for several), `$3` all incidents it tells of, as text of an array, `$4` dedup key, `$5` payload,
 * `$6` state. What is there already is left as it is.
 */
export const insertAlerts = (s: string) => `
INSERT INTO ${s}.alert_delivery (sink, incident, incidents, dedup_key, payload, state, created_at, next_attempt_at)
SELECT u.sink, u.incident, u.incidents::bigint[], u.dedup_key, u.payload::jsonb, u.state, clock_timestamp(),
  CASE WHEN u.state = 'pending' THEN clock_timestamp() END
FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
  WITH ORDINALITY AS u (sink, incident, incidents, dedup_key, payload, state, position)
ORDER BY u.position
ON CONFLICT (sink, dedup_key) DO NOTHING`;

/** What was alerted at `$1`; by row: `$2` incident, `$3` severity, null where that is as it was. */
export const markAlerted = (s: string) => `
UPDATE ${s}.incident n SET alerts = n.alerts + 1, alerted_at = $1,
  alerted_severity = coalesce(u.severity, n.alerted_severity)
FROM unnest($2::bigint[], $3::text[]) AS u (id, severity) WHERE n.id = u.id`;

/** Which sinks have heard of incidents `$1`, and whether all of it is still held back. */
export const selectHeard = (s: string) => `
SELECT i.id::float8 AS incident, d.sink, bool_and(d.state = 'held') AS held
FROM unnest($1::bigint[]) AS i (id) JOIN ${s}.alert_delivery d ON d.incidents @> ARRAY[i.id] GROUP BY i.id, d.sink`;

/** Open incidents of which sinks `$1` heard last more than `$2` ms ago, with nothing on its way. */
export const selectUnreminded = (s: string) => `
SELECT n.label, d.sink FROM ${s}.incident n JOIN ${s}.alert_delivery d ON d.incidents @> ARRAY[n.id]
WHERE n.state = 'open' AND d.sink = ANY ($1::text[])
GROUP BY n.id, n.label, d.sink
HAVING max(d.created_at) <= clock_timestamp() - $2::float8 * interval '1 millisecond'
  AND NOT bool_or(d.state IN ('pending', 'held'))
ORDER BY n.id`;

/** What waits for a digest of sinks `$1`, oldest first: of those whose oldest is from `$2` or before. */
export const selectHeld = (s: string) => `
SELECT h.id::float8 AS id, h.sink, h.payload, h.incidents::float8[] AS incidents FROM ${s}.alert_delivery h
WHERE h.state = 'held' AND h.sink = ANY ($1::text[])
  AND EXISTS (SELECT FROM ${s}.alert_delivery o WHERE o.state = 'held' AND o.sink = h.sink AND o.created_at <= $2)
ORDER BY h.id`;

/** Forget what is held back: rows `$1`. */
export const deleteHeld = (s: string) => `
DELETE FROM ${s}.alert_delivery WHERE id = ANY ($1::bigint[]) AND state = 'held'`;

/** The same of what sink `$1` was to be told of incidents `$2`. */
export const deleteHeldOf = (s: string) => `
DELETE FROM ${s}.alert_delivery WHERE state = 'held' AND sink = $1 AND incidents && $2::bigint[]`;

/** Digests of one run's alerts that sinks `$1` got, in which incidents `$2` were and of which all are over. */
export const selectOverDigests = (s: string) => `
SELECT d.sink, d.payload, d.incidents::float8[] AS incidents FROM ${s}.alert_delivery d
WHERE d.sink = ANY ($1::text[]) AND d.incidents && $2::bigint[] AND d.payload ->> 'kind' = 'storm'
  AND NOT EXISTS (SELECT FROM ${s}.incident n WHERE n.id = ANY (d.incidents) AND n.state <> 'resolved')
ORDER BY d.id`;

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
      WHERE e.incidents && d.incidents AND e.sink = d.sink AND e.state = 'pending' AND e.id < d.id)
  ORDER BY d.attempts, d.id LIMIT 1
  FOR UPDATE SKIP LOCKED)
RETURNING id, sink, payload, attempts, progress`;

/** Milliseconds until `claimAlert` may find something of sink `$1`, 0 or less where it may now; no row where nothing waits. */
export const selectNextDue = (s: string) => `
SELECT ${milliseconds('min(greatest(next_attempt_at, claimed_until)) - clock_timestamp()')} AS wait
FROM ${s}.alert_delivery d WHERE sink = $1 AND state = 'pending'
  AND NOT EXISTS (SELECT FROM ${s}.alert_delivery e
    WHERE e.incidents && d.incidents AND e.sink = d.sink AND e.state = 'pending' AND e.id < d.id)
HAVING count(*) > 0`;

/**
 * Attempt `$2` of row `$1` has ended: `$3` state, `$4` failure, `$5` ms until the next attempt,
 * `$6` what it reached. No row where it is not ours any more.
 */
export const recordAttempt = (s: string) => `
UPDATE ${s}.alert_delivery SET state = $3, failure = $4::jsonb, progress = $6::jsonb, claimed_until = NULL,
  delivered_at = CASE WHEN $3 = 'delivered' THEN clock_timestamp() END,
  next_attempt_at = CASE WHEN $3 = 'pending' THEN ${after('$5::float8')} END
WHERE id = $1 AND attempts = $2 AND state = 'pending'
RETURNING incidents::float8[] AS incidents`;

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
