import { decodeEvents } from '#src/core/events/event-codec.js';
import type { EncodedEvents } from '#src/core/events/finish-events.js';
import type { DaysBefore, EventHistory } from '#src/core/model/event-history.js';
import { CorruptState } from '#src/core/sketches/bytes.js';
import type { Query } from './reader-pool.js';
import type { DatasetName } from './records.js';
import { deleteEvents, selectEvents, selectEventsByName, upsertEvents } from './sql/events.js';
import { numberArray, slices } from './values.js';
import type { Transaction } from './write-session.js';

/** A table's stored history by insert time. */
export interface StoredEvents extends DatasetName {
  readonly events: EventHistory;
}

/** Replace the histories of tables that were read; one without a history has none from now on. */
export async function persistEvents(
  tx: Transaction,
  run: number,
  rows: readonly { readonly dataset: number; readonly events: EncodedEvents | undefined }[],
): Promise<void> {
  const kept = rows.flatMap(({ dataset, events }) => (events ? [{ dataset, events }] : []));
  for (const slice of slices(kept, tx.batchSize, ({ events }) => events.bytes.length + events.recent.length))
    await tx.query(upsertEvents(tx.s), [
      run,
      numberArray(slice.map(({ dataset }) => dataset)),
      slice.map(({ events }) => byteaOf(events.bytes)),
      slice.map(({ events }) => byteaOf(events.recent)),
      slice.map(({ events }) => new Date(events.closedAt)),
    ]);
  const without = rows.filter(({ events }) => !events);
  for (const slice of slices(without, tx.batchSize))
    await tx.query(deleteEvents(tx.s), [numberArray(slice.map(({ dataset }) => dataset))]);
}

/** A history, and its last days as they were when they had just closed, where a run saw that. */
export interface LoadedEvents {
  readonly events: EventHistory;
  readonly eventsBefore?: DaysBefore;
}

/** By dataset, the histories that come from its run. */
export async function loadEvents(
  query: Query,
  s: string,
  datasets: readonly { readonly id: string; readonly run: string }[],
): Promise<Map<string, LoadedEvents>> {
  const rows = await query<{
    dataset: string;
    events: Buffer;
    first_seen_before: Buffer | null;
    first_seen_before_at: Date | null;
  }>(selectEvents(s), [
    numberArray(datasets.map(({ id }) => Number(id))),
    numberArray(datasets.map(({ run }) => Number(run))),
  ]);
  const found = new Map<string, LoadedEvents>();
  for (const { dataset, events: stored, first_seen_before: before, first_seen_before_at: seenAt } of rows) {
    const events = readable(stored);
    const days = before && readable(before)?.days;
    if (!events) continue;
    found.set(dataset, days && seenAt ? { events, eventsBefore: { days, seenAt: seenAt.getTime() } } : { events });
  }
  return found;
}

/** Those of one table (of every table of that name, where source or schema is absent). */
export async function listEvents(
  query: Query,
  s: string,
  name: { readonly source?: string; readonly schema?: string; readonly table: string },
): Promise<StoredEvents[]> {
  const rows = await query<Record<'source' | 'schema_name' | 'table_name', string> & { events: Buffer }>(
    selectEventsByName(s),
    [name.source ?? null, name.schema ?? null, name.table],
  );
  return rows.flatMap((row) => {
    const events = readable(row.events);
    return events ? [{ source: row.source, schema: row.schema_name, table: row.table_name, events }] : [];
  });
}

function byteaOf({ buffer, byteOffset, length }: Uint8Array): string {
  return `\\x${Buffer.from(buffer, byteOffset, length).toString('hex')}`;
}

/** Null for what another version wrote: it is made anew by the next run. */
function readable(bytes: Uint8Array): EventHistory | null {
  try {
    return decodeEvents(bytes);
  } catch (error) {
    if (error instanceof CorruptState) return null;
    throw error;
  }
}
