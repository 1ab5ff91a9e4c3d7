import {
  emptySeries,
  oldAlerts,
  oldFindings,
  oldHealthSamples,
  oldInventories,
  oldPoints,
  oldRuns,
  oldSchemaVersions,
  oldTasks,
} from './sql/retention.js';
import type { WriteSession } from './write-session.js';

export interface RetentionSettings {
  /** Age of figures, and of the tasks that say whether they were judged. */
  readonly pointsDays: number;
  /** Age of findings, inventories, health samples, alerts that are done with, and runs. */
  readonly runsDays: number;
  /** The time ages are counted from. */
  readonly now: Date;
}

/** Rows deleted, by table. */
export type RetentionResult = Readonly<Record<string, number>>;

const DAY_MS = 86_400_000;
/** Rows of one transaction. */
const BATCH_ROWS = 10_000;

/**
 * Delete what is older than the settings say, in short transactions between which other writes get their turn. Always
 * kept: the newest profile and shape of each table, the last judged task and inventory (the next run is compared with
 * them), incidents, and the audit trail. `forgetSeries` is called before series are deleted: writes that come in between
 * must not use ids they remember.
 */
export async function applyRetention(
  session: WriteSession,
  settings: RetentionSettings,
  forgetSeries: () => void,
): Promise<RetentionResult> {
  const before = (days: number) => new Date(settings.now.getTime() - days * DAY_MS);
  const points = before(settings.pointsDays);
  const runs = before(settings.runsDays);
  const tasks = before(Math.max(settings.pointsDays, settings.runsDays));
  // Order matters: what refers to a row goes before it.
  const steps: readonly [string, (s: string) => string, Date][] = [
    ['point', oldPoints, points],
    ['series', emptySeries, points],
    ['finding', oldFindings, runs],
    ['health_sample', oldHealthSamples, runs],
    ['source_inventory', oldInventories, runs],
    ['schema_version', oldSchemaVersions, tasks],
    ['task', oldTasks, tasks],
    ['alert_delivery', oldAlerts, runs],
    ['run', oldRuns, runs],
  ];
  const deleted: Record<string, number> = {};
  for (const [table, sql, cut] of steps) deleted[table] = await deleteAll(session, table, sql, cut, forgetSeries);
  return deleted;
}

async function deleteAll(
  session: WriteSession,
  table: string,
  sql: (s: string) => string,
  cut: Date,
  forgetSeries: () => void,
): Promise<number> {
  for (let total = 0; ; ) {
    const rows = await session.transaction(`delete old rows of ${table}`, async (tx) => {
      if (table === 'series') forgetSeries();
      const [counted] = await tx.query<{ rows: string }>(
        `WITH gone AS (${sql(tx.s)} RETURNING 1) SELECT count(*) AS rows FROM gone`,
        [cut.toISOString(), BATCH_ROWS],
      );
      return Number(counted!.rows);
    });
    total += rows;
    if (rows < BATCH_ROWS) return total;
  }
}
