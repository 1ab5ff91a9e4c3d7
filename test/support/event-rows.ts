import { eventClock } from '#src/core/events/event-clock.js';
import { EventState } from '#src/core/events/event-state.js';
import type { ColumnSpec, ValueKind } from '#src/core/model/relation.js';
import { TableState } from '#src/core/sketches/table-state.js';
import { column, copyBytes, decodeStream, type Field, int4, int8, plainFields } from './copy-bytes.js';

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

/** A time as a timestamp is on the wire, or for a date, its day. */
export function eventTime(kind: 'date' | 'timestamp' | 'timestamptz', ms: number): Buffer {
  const since = ms - POSTGRES_EPOCH_MS;
  return kind === 'date' ? int4(Math.floor(since / 86_400_000)) : int8(BigInt(Math.round(since * 1000)));
}

/** Columns of these kinds after the insert time, which is called `at`; the others by their kind. */
export function eventSpecs(kind: ValueKind, others: readonly ValueKind[]): ColumnSpec[] {
  return [column('at', kind), ...others.map((each) => column(each, each))];
}

/** The state of these rows, whose first field is the insert time, read through the decoder and along with a table state. */
export function eventState(
  specs: readonly ColumnSpec[],
  rows: readonly (readonly Field[])[],
  { asOfMs, timeZone = 'UTC' }: { readonly asOfMs: number; readonly timeZone?: string },
): EventState {
  const events = new EventState(specs, { column: 0, clock: eventClock(timeZone, asOfMs) });
  const table = TableState.create(specs, plainFields(specs.length), { maxValueBytes: 64, seed: 1 });
  if (rows.length > 0) decodeStream(copyBytes(specs.length, rows), (batch) => table.addBatch(batch, events));
  return events;
}
