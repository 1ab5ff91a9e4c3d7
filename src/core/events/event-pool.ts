import { EventMoments } from './event-moments.js';
import { EventValues } from './event-values.js';

/** Kept of each: enough for many small tables with some columns each. */
const KEPT = 32;
/** What was made for a long history is not kept. */
const KEPT_SLOTS = 128;

const values: EventValues[] = [];
const moments: EventMoments[] = [];

/** Empty counts, those that a released column used where there are any: allocation dominates small tables. */
export function takeValues(capacity: number): EventValues {
  const taken = values.pop();
  if (taken === undefined) return new EventValues(capacity);
  taken.reset(capacity);
  return taken;
}

/** Empty moments. */
export function takeMoments(capacity: number): EventMoments {
  const taken = moments.pop();
  if (taken === undefined) return new EventMoments(capacity);
  taken.reset(capacity);
  return taken;
}

/** The caller must not use them again. */
export function giveValues(given: EventValues): void {
  if (values.length < KEPT && given.slots <= KEPT_SLOTS) values.push(given);
}

/** The caller must not use them again. */
export function giveMoments(given: EventMoments): void {
  if (moments.length < KEPT && given.slots <= KEPT_SLOTS) moments.push(given);
}
