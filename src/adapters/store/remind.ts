import { randomUUID } from 'node:crypto';
import { groupBy } from '#src/core/group-by.js';
import { alertOf } from '#src/core/incidents/alert.js';
import { type AlertPlan, factsOf } from '#src/core/incidents/alert-plan.js';
import { SENTINEL } from './audit.js';
import { loadTouched } from './dependencies.js';
import { dispatchAlerts, type HeardBy } from './dispatch-alerts.js';
import { storeId } from './enqueue-alerts.js';
import { type IncidentRow, storedIncident } from './incident-rows.js';
import type { Query } from './reader-pool.js';
import { selectUnreminded } from './sql/alert.js';
import { selectForChange } from './sql/incident.js';
import type { Transaction } from './write-session.js';

/** Runs do not come to the minute: of a day, a reminder may come so much earlier, or it would come every other day. */
const SLACK = 0.1;

const NOBODY: HeardBy = new Map();

/** Open incidents that sinks are to be reminded of, by label. */
export async function findUnreminded(
  query: Query,
  s: string,
  { sinks: all, reminderMs }: AlertPlan,
): Promise<{ label: string; sink: string }[]> {
  const sinks = all.filter(({ reader }) => reader !== 'pager').map(({ name }) => name);
  if (reminderMs === null || sinks.length === 0) return [];
  return query(selectUnreminded(s), [sinks, reminderMs * (1 - SLACK)]);
}

/**
 * Tell again what is open, and neither acknowledged nor muted, to the sinks that heard of it last a reminder's period ago. Whoever
 * still waits for something of it is not reminded, so that nothing piles up before a receiver that is down.
 */
export async function enqueueReminders(tx: Transaction, now: Date): Promise<void> {
  const { alerts: plan } = tx;
  const found = await findUnreminded(tx.query, tx.s, plan);
  if (found.length === 0) return;
  const wanting = groupBy(found, ({ label }) => label);
  const rows = await tx.query<IncidentRow>(selectForChange(tx.s), [[...wanting.keys()]]);
  const store = await storeId(tx);
  const known = rows.map(storedIncident);
  const touchedBy = await loadTouched(
    tx,
    plan.feedsOf,
    known.map(({ subject }) => subject.source),
  );
  const origin = { at: now.getTime(), run: null, actor: SENTINEL, store };
  await dispatchAlerts(
    tx,
    known.map((after) => {
      const facts = factsOf(after, plan);
      const routed = plan.route(facts);
      return {
        alert: alertOf({
          ...{ id: randomUUID(), event: 'reminder', incident: after.id, after, alerted: after.alertedSeverity },
          ...{
            findings: [],
            owners: facts.owners,
            touched: touchedBy(facts.source, facts.tables),
            links: plan.linksTo(after.id),
            ...origin,
          },
        }),
        row: after.row,
        key: `${after.id}/${after.alerts + 1}`,
        sinks: new Set(wanting.get(after.id)!.flatMap(({ sink }) => (routed.has(sink) ? [sink] : []))),
        heard: NOBODY,
      };
    }),
    origin,
  );
}
