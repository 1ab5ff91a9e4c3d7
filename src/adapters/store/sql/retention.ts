/**
 * One statement deletes at most `$2` rows, so that no transaction, lock or WAL burst is long; the caller repeats it until
 * none is left. `ctid` names a row only within one statement, which is all it is used for.
 */
const bounded = (table: string, condition: string) => `
DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT x.ctid FROM ${table} x WHERE ${condition} LIMIT $2))`;

export const oldPoints = (s: string) => bounded(`${s}.point`, `x.time < $1`);

/** Series whose last point is gone. */
export const emptySeries = (s: string) =>
  bounded(`${s}.series`, `$1::timestamptz IS NOT NULL AND NOT EXISTS (SELECT FROM ${s}.point p WHERE p.series = x.id)`);

export const oldFindings = (s: string) =>
  bounded(`${s}.finding`, `x.run IN (SELECT r.id FROM ${s}.run r WHERE r.started_at < $1)`);

export const oldHealthSamples = (s: string) => bounded(`${s}.health_sample`, `x.at < $1`);

/** All but each source's last judged sight, which the next run is compared with. */
export const oldInventories = (s: string) =>
  bounded(
    `${s}.source_inventory`,
    `x.run IN (SELECT r.id FROM ${s}.run r WHERE r.started_at < $1) AND EXISTS (
      SELECT FROM ${s}.source_inventory y WHERE y.source = x.source AND y.run > x.run AND y.judged AND y.reached)`,
  );

/** All but each table's last judged task, which says with which shape the next run is compared, and its profile's task. */
export const oldTasks = (s: string) =>
  bounded(
    `${s}.task`,
    `x.run IN (SELECT r.id FROM ${s}.run r WHERE r.started_at < $1)
      AND EXISTS (SELECT FROM ${s}.task y
        WHERE y.dataset = x.dataset AND y.run > x.run AND y.judged AND y.state <> 'gone')
      AND NOT EXISTS (SELECT FROM ${s}.profile p WHERE p.dataset = x.dataset AND p.run = x.run)`,
  );

/** Versions that a later one replaced before the cut, in a run that was judged. */
export const oldSchemaVersions = (s: string) =>
  bounded(
    `${s}.schema_version`,
    `EXISTS (SELECT FROM ${s}.schema_version y
      WHERE y.dataset = x.dataset AND y.version > x.version AND y.seen_at < $1
        AND EXISTS (SELECT FROM ${s}.task t
          WHERE t.dataset = x.dataset AND t.run >= y.run AND t.judged AND t.state <> 'gone'))`,
  );

/**
 * What was delivered or given up; an alert that waits is kept, however old, and so is what was told of an incident that goes on:
 * who heard of its beginning is told of its end.
 */
export const oldAlerts = (s: string) =>
  bounded(
    `${s}.alert_delivery`,
    `x.state IN ('delivered', 'failed') AND x.created_at < $1
      AND NOT EXISTS (SELECT FROM ${s}.incident n WHERE n.id = ANY (x.incidents) AND n.state <> 'resolved')`,
  );

/** Runs that nothing kept refers to. */
export const oldRuns = (s: string) =>
  bounded(
    `${s}.run`,
    `x.started_at < $1 AND x.state <> 'running'
      AND NOT EXISTS (SELECT FROM ${s}.task t WHERE t.run = x.id)
      AND NOT EXISTS (SELECT FROM ${s}.finding f WHERE f.run = x.id)
      AND NOT EXISTS (SELECT FROM ${s}.source_inventory i WHERE i.run = x.id)
      AND NOT EXISTS (SELECT FROM ${s}.profile p WHERE p.run = x.id)
      AND NOT EXISTS (SELECT FROM ${s}.schema_version v WHERE v.run = x.id)
      AND NOT EXISTS (SELECT FROM ${s}.dataset d WHERE x.id IN (d.first_seen_run, d.last_seen_run, d.gone_since))
      AND NOT EXISTS (SELECT FROM ${s}.incident n WHERE x.id IN (n.first_run, n.last_run))`,
  );
