import type { Point } from '../model/history.js';
import { median } from '../statistics.js';

/** Where a table that moves steadily stands and goes, in rows. */
export interface Trend {
  readonly step: number;
  readonly last: number;
  readonly next: number;
}

/** Moves in a steady trend are within this factor of the usual one. */
const UNEVENNESS = 3;
/** A late run has several steps to catch up with; extrapolating further says more about the clock than the table. */
const MAX_STEPS = 3;

/** Last value and the one due at `now` of a table that moves one way by steps of about one size (runs without a move allowed). */
export function steadyTrend(points: readonly Point[], now: number): Trend | null {
  const steps = differences(points.map((point) => point.value)).filter((step) => step !== 0);
  if (steps.length < 2 || steps.some((step) => step > 0 !== steps[0]! > 0)) return null;
  const step = median(steps);
  if (steps.some((each) => each / step > UNEVENNESS || step / each > UNEVENNESS)) return null;
  const last = points.at(-1)!;
  const interval = median(differences(points.map((point) => point.time)));
  const elapsed = interval > 0 ? Math.min(MAX_STEPS, Math.max(1, (now - last.time) / interval)) : 1;
  return { step, last: last.value, next: last.value + step * elapsed };
}

/** Each value less the one before it. */
export function differences(values: readonly number[]): number[] {
  return values.slice(1).map((value, i) => value - values[i]!);
}
