import type { EventHistory } from '../model/event-history.js';
import { encodeEvents } from './event-codec.js';
import type { EventState } from './event-state.js';
import { summariseEvents } from './event-summary.js';
import { recentDays } from './recent-days.js';

/** An `EventHistory` on its way to the store. */
export interface EncodedEvents {
  readonly column: string;
  readonly declared: boolean;
  /** By `encodeEvents`. */
  readonly bytes: Uint8Array;
  /** Its `recentDays`, by `encodeEvents`. */
  readonly recent: Uint8Array;
  /** When its last day closed, epoch milliseconds. */
  readonly closedAt: number;
}

/** The history that a finished state holds; its memory goes back for the next table, so it must not be used again. */
export function finishEvents(state: EventState, declared: boolean): EncodedEvents {
  const history = summariseEvents(state, declared);
  state.release();
  return encodedEvents(history);
}

/** A history in the form in which it is sent and stored. */
export function encodedEvents(history: EventHistory): EncodedEvents {
  return {
    column: history.column,
    declared: history.declared,
    bytes: encodeEvents(history),
    recent: encodeEvents(recentDays(history)),
    closedAt: history.days.end,
  };
}
