import { randomUUID } from 'node:crypto';
import { openSinks, SINKS } from '#src/adapters/sinks/index.js';
import type { Delivery } from '#src/adapters/store/read-alerts.js';
import { within } from '#src/coordinator/deadline.js';
import { ATTEMPT_TIMEOUT_MS } from '#src/coordinator/deliver-alerts.js';
import { writeAuditLog } from '../audit-log.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { renderEntries } from '../render/entries.js';
import { formatCount, formatDuration, formatNumber, formatTime } from '../render/format.js';
import type { Cell } from '../render/table.js';
import { openMetadata, orUsageError } from '../run-store.js';
import { sampleAlert } from '../sample-alert.js';
import { tellSinks } from '../send-alerts.js';
import { terminal } from '../terminal.js';

/** A person waits for a flush: long enough for a receiver that comes back, not for one that is gone. */
const FLUSH = { beginWithinMs: 20_000, endWithinMs: 30_000 };

/** These commands end with the process, not before. */
const NEVER = new AbortController().signal;

/** List alerts that wait or were given up; with `all` also those that were delivered. Oldest first. */
export async function listAlertsCommand(options: { all?: boolean; json?: boolean }, io: Io): Promise<number> {
  const config = loadSettings(io);
  const store = await openMetadata(config, () => undefined);
  try {
    const shown = await store.listAlerts([
      'pending',
      'held',
      'failed',
      ...(options.all ? (['delivered'] as const) : []),
    ]);
    if (options.json) for (const delivery of shown) writeJson(io, deliveryRecord(delivery));
    else {
      const delivered = (await store.countAlerts())
        .filter(({ state }) => state === 'delivered')
        .reduce((sum, { count }) => sum + count, 0);
      writeLine(io.stdout, describeList(shown, options.all ? 0 : delivered, io));
      const configured = new Set(openSinks(config.alerts).map(({ name }) => name));
      for (const { name, setting } of SINKS)
        if (
          !configured.has(name) &&
          shown.some(({ sink, state }) => sink === name && (state === 'pending' || state === 'held'))
        )
          writeLine(io.stderr, `Nothing is sent to ${name}: ${setting} is not set.`);
    }
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

/** Deliver what waits; exit 2 where something still does, or was given up. */
export async function flushAlertsCommand({ failed = false }: { failed?: boolean }, io: Io): Promise<number> {
  const config = loadSettings(io);
  const sinks = openSinks(config.alerts);
  if (sinks.length === 0)
    throw new CliError(`no sink is configured: set ${SINKS.map(({ setting }) => setting).join(', ')}`);
  const store = await openMetadata(config, () => undefined);
  try {
    const writer = await orUsageError(() => store.acquireWriter('alerts flush'));
    try {
      const told = await orUsageError(async () => {
        await writer.retryAlertsNow(
          sinks.map(({ name }) => name),
          { failed },
        );
        return tellSinks(sinks, store, writer, { ...FLUSH, signal: NEVER, now: new Date(), all: true });
      });
      const warn = (message: string) => writeLine(io.stderr, message);
      await writeAuditLog(store, config, { warn, problem: ({ message }) => warn(`audit.log: ${message}`) });
      for (const { sent, problems } of told) {
        writeLine(io.stdout, `${sent}.`);
        for (const problem of problems) writeLine(io.stderr, `${problem}.`);
      }
      const isDone = told.every(({ problems }) => problems.length === 0);
      return isDone ? EXIT.ok : EXIT.incomplete;
    } finally {
      await writer.release();
    }
  } finally {
    await store.close();
  }
}

/** Send one sample alert past the outbox; exit 2 where it does not arrive. */
export async function testAlertCommand(name: string, io: Io): Promise<number> {
  const kind = SINKS.find((each) => each.name === name);
  if (!kind) throw new CliError(`there is no sink "${name}"; there are: ${SINKS.map((each) => each.name).join(', ')}`);
  const sink = kind.open(loadSettings(io).alerts);
  if (!sink) throw new CliError(`${name} is not configured: set ${kind.setting}`);
  const start = performance.now();
  const sample = sampleAlert(randomUUID(), new Date());
  const outcome = await within(ATTEMPT_TIMEOUT_MS, NEVER, (signal) => sink.deliver(sample, signal));
  for (const remark of sink.remarks) writeLine(io.stderr, `${name}: ${remark}.`);
  if (outcome.result !== 'delivered') {
    writeLine(io.stderr, `${name}: the sample was not delivered: ${outcome.failure.message}.`);
    return EXIT.incomplete;
  }
  if (outcome.remark) {
    writeLine(io.stderr, `${name}: the sample did not reach everybody: ${outcome.remark.message}.`);
    return EXIT.incomplete;
  }
  const took = formatDuration(performance.now() - start);
  writeLine(io.stdout, `${name}: a sample alert was delivered to ${sink.destination} in ${took}.`);
  return EXIT.ok;
}

/** One line of `--json`. */
function deliveryRecord({ createdAt, nextAttemptAt, deliveredAt, ...delivery }: Delivery) {
  const iso = (time: number | null) => (time === null ? null : new Date(time).toISOString());
  return {
    type: 'alert_delivery',
    ...delivery,
    createdAt: iso(createdAt),
    nextAttemptAt: iso(nextAttemptAt),
    deliveredAt: iso(deliveredAt),
  };
}

const STATE_STYLE = { pending: 'yellow', held: 'dim', failed: 'red', delivered: 'dim' } as const;

function describeList(deliveries: readonly Delivery[], others: number, io: Io): string {
  const hint = others > 0 ? ` (--all lists ${formatNumber(others)} delivered too)` : '';
  if (deliveries.length === 0) return `No alert waits${hint}.`;
  const rows = deliveries.map((delivery): Cell[] => [
    { text: delivery.state, style: STATE_STYLE[delivery.state] },
    delivery.sink,
    delivery.alert.event === 'digest' ? formatCount(delivery.alert.alertCount, 'alert') : delivery.alert.incident.id,
    delivery.alert.event,
    formatTime(delivery.createdAt),
    formatCount(delivery.attempts, 'attempt'),
    remarkOf(delivery),
  ]);
  const columns = ['state', 'sink', 'incident', 'event', 'since', 'tried', 'what'].map((title) => ({ title }));
  const head = `${formatCount(deliveries.length, 'alert')}${hint}`;
  return `${head}\n${renderEntries(columns, rows, terminal(io))}`;
}

function remarkOf({ state, nextAttemptAt, deliveredAt, failure }: Delivery): string {
  const at = (time: number | null) => (time === null ? '' : ` ${formatTime(time)}`);
  if (state === 'held') return "waits for the day's digest";
  if (state === 'delivered') return `delivered${at(deliveredAt)}${failure === null ? '' : `; ${failure.message}`}`;
  const next = state === 'pending' ? `; next attempt from${at(nextAttemptAt)}` : '';
  return failure === null ? 'not tried yet' : `${failure.message}${next}`;
}
