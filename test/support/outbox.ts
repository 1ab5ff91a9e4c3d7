import { onTestFinished } from 'vitest';
import { openSinks } from '#src/adapters/sinks/index.js';
import type { PersonsChange } from '#src/adapters/store/change-incidents.js';
import type { Delivery } from '#src/adapters/store/read-alerts.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import type { AlertSettings } from '#src/config/alert-settings.js';
import type { SinkName } from '#src/contract/alert-delivery.js';
import { type DeliverOptions, type DeliveryTally, deliverAlerts } from '#src/coordinator/deliver-alerts.js';
import { type AlertPlan, NO_ALERTS, type Reader } from '#src/core/incidents/alert-plan.js';
import type { Finding } from '#src/core/model/finding.js';
import type { TestServer } from './postgres.js';
import { day, openTestStore, tableRecord } from './store-records.js';

const TABLES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

/** Of each table an incident of its own: it is no sign of a load. */
export const warn = (table: string): Finding => ({
  source: 'batch',
  schema: 'public',
  table,
  metric: 'null_rate',
  check: 'null_rate',
  severity: 'warn',
  value: 0.4,
  expected: { upper: 0.1 },
  score: 0.8,
  at: '2026-01-02T03:04:05.678Z',
  message: `40 % of ${table} is null; expected at most 10 %.`,
});
export const critical = (table: string): Finding => ({ ...warn(table), severity: 'critical', score: 0.95 });

export interface TestOutbox {
  readonly store: Store;
  readonly writer: StoreWriter;
  readonly sql: Awaited<ReturnType<Awaited<ReturnType<TestServer['createDatabase']>>['client']>>;
  /** The next run, a day after the one before, that reads all tables and finds this. */
  run(...findings: readonly Finding[]): Promise<RunRef>;
  judge(run: RunRef, ...findings: readonly Finding[]): Promise<unknown>;
  person(action: PersonsChange['action'], ...labels: readonly string[]): Promise<void>;
  /** `INC-1 opened warn` of every alert since the last call, oldest first. */
  told(): Promise<string[]>;
  /** The same of one sink, since the last call for it. */
  toldTo(sink: SinkName): Promise<string[]>;
  /** Deliver to all sinks of these settings as the end of a run does, within a moment. */
  deliverTo(settings: AlertSettings, options?: Partial<DeliverOptions>): Promise<ReadonlyMap<string, DeliveryTally>>;
  /** The same to a webhook. */
  deliver(url: string, options?: Partial<DeliverOptions>): Promise<DeliveryTally>;
  /** `opened pending 2` of each alert: event, state, attempts. */
  outbox(): Promise<string[]>;
}

const READERS: Readonly<Record<SinkName, Reader>> = {
  webhook: 'program',
  file: 'program',
  slack: 'person',
  email: 'person',
  pagerduty: 'pager',
};

/** Every alert goes to each of these sinks, at once and alone. */
export function planFor(sinks: readonly SinkName[]): AlertPlan {
  return { ...NO_ALERTS, sinks: sinks.map((name) => ({ name, reader: READERS[name] })), route: () => new Set(sinks) };
}

/** A store whose incidents are told to the sink `webhook`. */
export async function testOutbox(
  server: TestServer,
  sinks: readonly SinkName[] = ['webhook'],
  plan: Partial<AlertPlan> = {},
): Promise<TestOutbox> {
  const database = await server.createDatabase();
  const store = await openTestStore(database, { alerts: { ...planFor(sinks), ...plan } });
  const writer = await store.acquireWriter('test');
  onTestFinished(async () => {
    await writer.release();
    await store.close();
  });
  let [runs, heard] = [0, 0];
  const judge = (run: RunRef, ...findings: readonly Finding[]) =>
    writer.persistFindings(run, findings, {
      datasets: TABLES.map((table) => ({ source: 'batch', schema: 'public', table })),
      sources: ['batch'],
    });
  const list = () => store.listAlerts(['pending', 'held', 'delivered', 'failed']);
  const deliverTo: TestOutbox['deliverTo'] = (settings, options = {}) =>
    deliverAlerts(openSinks(settings), writer, {
      beginWithinMs: 5_000,
      endWithinMs: 10_000,
      signal: new AbortController().signal,
      random: () => 0,
      ...options,
    });
  const heardBySink = new Map<SinkName, number>();
  return {
    store,
    writer,
    sql: await database.client(),
    judge,
    async run(...findings) {
      const at = day(runs++);
      const run = await writer.beginRun({ command: 'run', startedAt: at, asOf: at });
      await writer.persistTables(
        run,
        TABLES.map((table) => tableRecord(table)),
      );
      await judge(run, ...findings);
      return run;
    },
    person: (action, ...labels) =>
      writer.changeIncidents(labels, {
        action,
        actor: 'ada',
        at: day(runs),
        ...(action === 'mute' && { until: day(runs + 1) }),
      }),
    async told() {
      const all = await list();
      const fresh = all.slice(heard);
      heard = all.length;
      return fresh.map(describe);
    },
    async toldTo(sink) {
      const all = (await list()).filter((each) => each.sink === sink);
      const fresh = all.slice(heardBySink.get(sink) ?? 0);
      heardBySink.set(sink, all.length);
      return fresh.map(describe);
    },
    deliverTo,
    deliver: async (url, options) =>
      (await deliverTo({ webhookUrl: url, webhookSecret: 'k3y' }, options)).get('webhook')!,
    outbox: async () => (await list()).map(({ alert, state, attempts }) => `${alert.event} ${state} ${attempts}`),
  };
}

function describe({ alert, state }: Delivery): string {
  const held = state === 'held' ? ' (held)' : '';
  return alert.event === 'digest'
    ? `${alert.kind} digest of ${alert.alertCount} ${alert.severity}`
    : `${alert.incident.id} ${alert.event} ${alert.incident.severity}${held}`;
}
