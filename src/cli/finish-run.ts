import { SENTINEL } from '#src/adapters/store/audit.js';
import { isStoreAway } from '#src/adapters/store/failure.js';
import type { RunRef, TaskSummary } from '#src/adapters/store/records.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import type { TaskCost } from '#src/contract/messages.js';
import type { Session } from './run-session.js';

/** What a run cost the sources, with what an earlier process of it has read. */
export function costOf(done: readonly TaskSummary[], now: TaskCost, connectionsMax: number) {
  const costs = [now, ...done.flatMap(({ cost }) => cost ?? [])];
  return {
    rows: costs.reduce((sum, { rows }) => sum + rows, 0),
    bytes: costs.reduce((sum, { bytes }) => sum + bytes, 0),
    longestTransactionMs: Math.max(...costs.map((cost) => cost.longestTransactionMs)),
    connectionsMax,
  };
}

/** Delete what is older than is wished. Where the store goes away meanwhile, the run is over and stored: the next one does it. */
export async function keepHouse({ config, logs }: Session, writer: StoreWriter, { label }: RunRef): Promise<void> {
  const now = new Date();
  // Figures, and what was said about them, are kept equally long.
  const { pointDays } = config.retention;
  try {
    const deleted = await writer.applyRetention({ pointsDays: pointDays, runsDays: pointDays, now });
    const details = Object.fromEntries(
      Object.entries(deleted).flatMap(([table, rows]) => (rows === 0 ? [] : [[table, String(rows)]])),
    );
    if (Object.keys(details).length === 0) return;
    const event = { incident: null, run: label, at: now, actor: SENTINEL, action: 'retention_applied', reason: null };
    await writer.appendAuditEvents([{ ...event, details: { ...details, days: String(pointDays) } }]);
  } catch (error) {
    if (!isStoreAway(error)) throw error;
    logs
      .logger('orchestrator')
      .warn({ run: label, code: error.code, cause: error.message }, 'old figures were not deleted');
  }
}
