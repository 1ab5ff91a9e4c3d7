import type { IncidentState } from '#src/core/model/incident.js';
import { appendEvents } from './audit.js';
import { enqueueAlerts } from './enqueue-alerts.js';
import { StoreError } from './failure.js';
import { type IncidentRow, type StoredIncident, storedIncident } from './incident-rows.js';
import { selectLastEvent } from './sql/audit.js';
import { expectFindings } from './sql/expectation.js';
import { changeIncidents as changeRows, selectForChange } from './sql/incident.js';
import { unknownIncident } from './unknown-incident.js';
import { numberArray, toText } from './values.js';
import type { Transaction } from './write-session.js';

export type ChangeAction = 'ack' | 'resolve' | 'expect' | 'mute';

/** What a person decides about incidents. */
export interface PersonsChange {
  readonly action: ChangeAction;
  readonly actor: string;
  readonly at: Date;
  readonly reason?: string;
  /** End of `expect` (30 days where absent) and `mute` (until it is resolved where absent). */
  readonly until?: Date;
}

const OUTCOME: Readonly<Record<ChangeAction, { readonly state: IncidentState; readonly event: string }>> = {
  ack: { state: 'acknowledged', event: 'acknowledged' },
  resolve: { state: 'resolved', event: 'resolved' },
  expect: { state: 'expected', event: 'expected' },
  mute: { state: 'muted', event: 'muted' },
};

/**
 * Change all incidents of these labels or none; each change is an entry in the audit trail. `expect` also declares what was
 * found as expected, and an end is told to those who were told of the beginning. Rejects with `StoreError`: `unknown_incident`, or `refused_change` where a change makes no sense.
 */
export async function changeIncidents(
  tx: Transaction,
  labels: readonly string[],
  change: PersonsChange,
): Promise<void> {
  const { action, actor, at, reason, until } = change;
  const rows = (await tx.query<IncidentRow>(selectForChange(tx.s), [labels])).map(storedIncident);
  const byLabel = new Map(rows.map((incident) => [incident.id, incident]));
  const unknown = labels.find((label) => !byLabel.has(label));
  if (unknown !== undefined) throw await unknownIncident(tx.query, tx.s, unknown);
  const all = [...byLabel.values()];
  // The first try may have been committed, and only its answer lost.
  if (await isDone(tx, all.at(-1), change)) return;
  for (const row of all) refuseNonsense(row, action);
  const ids = numberArray(all.map(({ row }) => row));
  const { state, event } = OUTCOME[action];
  const end = until?.toISOString() ?? null;
  await tx.query(changeRows(tx.s), [
    ids,
    state,
    action === 'resolve' ? at.toISOString() : null,
    action === 'mute' ? end : null,
  ]);
  if (action === 'expect')
    await tx.query(expectFindings(tx.s), [ids, toText(reason ?? ''), toText(actor), at.toISOString(), end]);
  const details = (before: StoredIncident) => ({ from: before.state, ...(end !== null && { until: end }) });
  const events = all.map((before) => ({
    incident: before.row,
    run: null,
    ...{ at, actor },
    action: event,
    reason: reason ?? null,
    details: details(before),
  }));
  await appendEvents(tx, events);
  const changes = all.map((before) => {
    const after = { ...before, state, resolvedAt: action === 'resolve' ? at.getTime() : null };
    return { change: { before, after, group: null, notes: [] }, id: before.id, row: before.row };
  });
  await enqueueAlerts(tx, changes, { at: at.getTime(), run: null, actor });
}

async function isDone(
  tx: Transaction,
  row: StoredIncident | undefined,
  { action, actor, at }: PersonsChange,
): Promise<boolean> {
  if (!row || row.state !== OUTCOME[action].state) return false;
  const [last] = await tx.query<{ at: Date; actor: string; action: string }>(selectLastEvent(tx.s), [row.row]);
  if (!last) return false;
  return last.at.getTime() === at.getTime() && last.actor === toText(actor) && last.action === OUTCOME[action].event;
}

function refuseNonsense({ id: label, state, resolvedAt }: StoredIncident, action: ChangeAction): void {
  if (state === 'resolved') {
    const since = resolvedAt === null ? '' : ` since ${new Date(resolvedAt).toISOString()}`;
    throw refused(
      `${label} is resolved${since}: there is nothing left to change; where it comes back it is a new incident`,
    );
  }
  if (action === 'ack' && state === 'acknowledged') throw refused(`${label} is acknowledged already`);
}

function refused(message: string): StoreError {
  return new StoreError('refused_change', `${message}; nothing was changed`);
}
