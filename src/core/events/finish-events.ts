import { encodeEvents } from './event-codec.js';
import type { EventState } from './event-state.js';
import { summariseEvents } from './event-summary.js';

/** An `EventHistory` on its way to the store. */
export interface EncodedEvents {
  readonly column: string;
  readonly declared: boolean;
  /** By `encodeEvents`. */
  readonly bytes: Uint8Array;
}

/** The history that a finished state holds; its memory goes back for the next table, so it must not be used again. */
export function finishEvents(state: EventState, declared: boolean): EncodedEvents {
  const history = summariseEvents(state, declared);
  state.release();
  return { column: history.column, declared, bytes: encodeEvents(history) };
}
