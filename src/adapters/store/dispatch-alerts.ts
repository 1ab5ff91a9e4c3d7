import { randomUUID } from 'node:crypto';
import type { AlertPlan, PlannedSink } from '#src/core/incidents/alert-plan.js';
import { digestOf } from '#src/core/incidents/digest.js';
import { compareSeverity } from '#src/core/incidents/severity.js';
import type { Alert, AlertMessage, Digest } from '#src/core/model/alert.js';
import type { ChangeOrigin } from './enqueue-alerts.js';
import { deleteHeldOf, insertAlerts, markAlerted, selectHeard, selectOverDigests } from './sql/alert.js';
import { numberArray, slices, toJson } from './values.js';
import type { Transaction } from './write-session.js';

/** By sink that has heard of an incident: whether all of it is still held back. */
export type HeardBy = ReadonlyMap<string, boolean>;

/** An alert and the sinks that it is for. */
export interface DueAlert {
  readonly alert: Alert;
  /** Id of the incident's row. */
  readonly row: number;
  /** Used once. */
  readonly key: string;
  readonly sinks: ReadonlySet<string>;
  readonly heard: HeardBy;
}

/** A row of the outbox. */
export interface NewDelivery {
  readonly sink: string;
  readonly incidents: readonly number[];
  readonly key: string;
  readonly message: AlertMessage;
  readonly state: 'pending' | 'held';
}

export type DispatchOrigin = ChangeOrigin & { readonly store: string };

/** Write alerts to the outbox: for each sink singly, in one message where there are too many, or held back for the day's digest. */
export async function dispatchAlerts(tx: Transaction, due: readonly DueAlert[], origin: DispatchOrigin): Promise<void> {
  const { alerts: plan } = tx;
  const deliveries: NewDelivery[] = [];
  for (const sink of plan.sinks) {
    const mine = due.filter(({ sinks }) => sinks.has(sink.name));
    const [held, told] = parted(mine, (each) => isHeld(each, sink, plan));
    // What is told now says more than what was held back of it.
    if (told.length > 0 && sink.reader === 'person')
      await tx.query(deleteHeldOf(tx.s), [sink.name, numberArray(told.map(({ row }) => row))]);
    deliveries.push(...held.map((each) => single(each, sink, 'held')), ...toldBy(sink, told, plan, origin));
  }
  await insertDeliveries(tx, deliveries);
  const heard = due.filter(({ sinks }) => plan.sinks.some(({ name }) => sinks.has(name)));
  for (const slice of slices(heard, tx.batchSize))
    await tx.query(markAlerted(tx.s), [
      new Date(origin.at).toISOString(),
      numberArray(slice.map(({ row }) => row)),
      slice.map(({ alert }) => (alert.event === 'reminder' ? null : alert.incident.severity)),
    ]);
  await closeDigests(tx, due, origin);
}

/** What each of these incidents was told of, by whom. */
export async function heardBy(tx: Transaction, incidents: readonly number[]): Promise<ReadonlyMap<number, HeardBy>> {
  const heard = new Map<number, Map<string, boolean>>();
  for (const slice of slices(incidents, tx.batchSize))
    for (const { incident, sink, held } of await tx.query<{ incident: number; sink: string; held: boolean }>(
      selectHeard(tx.s),
      [numberArray(slice)],
    ))
      heard.set(incident, (heard.get(incident) ?? new Map<string, boolean>()).set(sink, held));
  return heard;
}

export async function insertDeliveries(tx: Transaction, deliveries: readonly NewDelivery[]): Promise<void> {
  const rows = deliveries.map(({ message, ...delivery }) => ({ ...delivery, payload: toJson(message) }));
  for (const slice of slices(rows, tx.batchSize, ({ payload }) => payload.length))
    await tx.query(insertAlerts(tx.s), [
      slice.map(({ sink }) => sink),
      numberArray(slice.map(({ incidents }) => (incidents.length === 1 ? incidents[0]! : null))),
      slice.map(({ incidents }) => `{${incidents.join(',')}}`),
      slice.map(({ key }) => key),
      slice.map(({ payload }) => payload),
      slice.map(({ state }) => state),
    ]);
}

/** The end of what was held back is held back with it, any other end is not. */
function isHeld({ alert: { event, incident }, heard }: DueAlert, sink: PlannedSink, { daily }: AlertPlan): boolean {
  if (sink.reader !== 'person' || daily === null) return false;
  return event === 'resolved' ? heard.get(sink.name) === true : compareSeverity(incident.severity, daily) <= 0;
}

function toldBy(
  sink: PlannedSink,
  told: readonly DueAlert[],
  { beyond, linksTo }: AlertPlan,
  { at, run, actor, store }: DispatchOrigin,
): NewDelivery[] {
  // A pager has an entry for each incident that it must be told the end of.
  const isGathered = ({ alert }: DueAlert) => sink.reader === 'person' || alert.event !== 'resolved';
  const [many, others] = parted(told, (each) => sink.reader !== 'program' && isGathered(each));
  if (many.length <= beyond) return told.map((each) => single(each, sink, 'pending'));
  const digest = digestOf(
    many.map(({ alert }) => alert),
    { id: randomUUID(), kind: 'storm', at: new Date(at).toISOString(), links: linksTo(null), ...{ run, actor, store } },
  );
  const storm: NewDelivery = {
    ...{ sink: sink.name, message: digest, state: 'pending' },
    incidents: many.map(({ row }) => row),
    key: `storm/${many[0]!.key}`,
  };
  return [...others.map((each) => single(each, sink, 'pending')), storm];
}

/** A pager's one entry for many incidents is closed when the last of them is over. */
async function closeDigests(tx: Transaction, due: readonly DueAlert[], origin: DispatchOrigin): Promise<void> {
  const { sinks, linksTo } = tx.alerts;
  const pagers = sinks.filter(({ reader }) => reader === 'pager').map(({ name }) => name);
  const over = due.filter(({ alert }) => alert.event === 'resolved');
  if (pagers.length === 0 || over.length === 0) return;
  const digests = await tx.query<{ sink: string; payload: Digest; incidents: number[] }>(selectOverDigests(tx.s), [
    pagers,
    numberArray(over.map(({ row }) => row)),
  ]);
  const { at, run, actor, store } = origin;
  await insertDeliveries(
    tx,
    digests.map(({ sink, payload, incidents }) => ({
      ...{ sink, incidents, state: 'pending' as const, key: `over/${payload.id}` },
      message: digestOf(
        over.filter(({ row }) => incidents.includes(row)).map(({ alert }) => alert),
        {
          ...{ id: randomUUID(), kind: 'over', of: payload.id, run, actor, store },
          ...{ at: new Date(at).toISOString(), links: linksTo(null) },
        },
      ),
    })),
  );
}

/** Those for which it holds, and the others. */
function parted<T>(all: readonly T[], holds: (each: T) => boolean): [T[], T[]] {
  const [those, others]: [T[], T[]] = [[], []];
  for (const each of all) (holds(each) ? those : others).push(each);
  return [those, others];
}

function single({ alert, row, key }: DueAlert, { name }: PlannedSink, state: NewDelivery['state']): NewDelivery {
  return { sink: name, incidents: [row], key, message: alert, state };
}
