/** The end of the chain; none where nothing has happened yet. */
export const selectLastHash = (s: string) => `SELECT hash FROM ${s}.incident_event ORDER BY id DESC LIMIT 1`;

/** By row: `$1` incident, `$2` run, `$3` at, `$4` actor, `$5` action, `$6` reason, `$7` details, `$8` and `$9` hashes, hex. */
export const insertEvents = (s: string) => `
INSERT INTO ${s}.incident_event (incident, run, at, actor, action, reason, details, prev_hash, hash)
SELECT u.incident, u.run, u.at, u.actor, u.action, u.reason, u.details::jsonb, decode(u.prev_hash, 'hex'), decode(u.hash, 'hex')
FROM unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
  $9::text[]) WITH ORDINALITY AS u (incident, run, at, actor, action, reason, details, prev_hash, hash, position)
ORDER BY u.position`;

/** What happened to the incident labelled `$1`, oldest first. */
export const selectEventsOf = (s: string) => `
SELECT e.at, e.actor, e.action, e.reason, e.run, e.details
FROM ${s}.incident_event e JOIN ${s}.incident n ON n.id = e.incident
WHERE n.label = $1 ORDER BY e.id`;

/** The newest event of incident `$1` (id). */
export const selectLastEvent = (s: string) => `
SELECT at, actor, action FROM ${s}.incident_event WHERE incident = $1 ORDER BY id DESC LIMIT 1`;
