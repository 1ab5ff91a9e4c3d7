import type { Point } from '../model/history.js';
import { coversWeek } from './past.js';
import type { CheckSettings } from './settings.js';

/** Newest values that differ by less are one value: lags are stored in seconds, as doubles. */
const SAME_NEWEST_MS = 1_000;
/** How far the past is read. */
const READ_POINTS = 200;
/** A move is due once this share of the longest interval between moves has passed. */
const DUE_SHARE = 0.95;

/** How stale a table may be, as its own past says. */
export interface FreshnessLimit {
  readonly seconds: number;
  /** True where the past reaches over a week, weekend included. */
  readonly seasoned: boolean;
}

/** A newest value and the judged run that saw it first, both epoch milliseconds. */
interface Sighting {
  readonly newest: number;
  readonly firstSeen: number;
}

/** The judged run that first saw today's newest value, epoch ms; undefined where no run before this one did. */
export function unmovedSince(points: readonly Point[], newest: number): number | undefined {
  const last = sightings(points).at(-1);
  return last && Math.abs(last.newest - newest) < SAME_NEWEST_MS ? last.firstSeen : undefined;
}

/**
 * The limit on staleness that the judged lags lead to, seconds; null while too little is known or while no new data is
 * due. Lags are known at the times of runs only, so a daily load that is always seen an hour old says "an hour"; a run
 * at another time of the day must not take that for a limit. Hence new data counts as due only once as much time has
 * passed as ever passed between two moves, both by the newest values and by the runs that saw them. Points of the
 * present standstill teach nothing.
 */
export function learnedFreshnessLimit(
  allPoints: readonly Point[],
  newest: number,
  now: number,
  settings: CheckSettings['freshness'],
): FreshnessLimit | null {
  const points = allPoints.slice(-READ_POINTS);
  const moves = sightings(points);
  // Once a table has moved twice it is known to move; one that never did is a table of constants.
  if (moves.length < 3) return null;
  const since = unmovedSince(points, newest);
  const learned = since === undefined ? points : points.filter((point) => point.time <= since);
  if (learned.length < settings.minPoints) return null;

  const largestLag = learned.reduce((lag, point) => Math.max(lag, point.value), 0);
  let seconds = Math.max(settings.factor * largestLag, largestLag + settings.slackSeconds);
  if (since === undefined) {
    // Moved since the last run, which may have been just before it: all the time since then is no sign of lateness.
    seconds = Math.max(seconds, largestLag + (now - points.at(-1)!.time) / 1000);
  } else if (now - since < DUE_SHARE * longestInterval(moves.map((move) => move.firstSeen))) {
    return null;
  }
  seconds = Math.max(seconds, longestInterval(moves.map((move) => move.newest)) / 1000);
  return { seconds, seasoned: coversWeek(learned) };
}

function sightings(points: readonly Point[]): Sighting[] {
  const moves: Sighting[] = [];
  for (const point of points) {
    const newest = point.time - point.value * 1000;
    const last = moves.at(-1);
    if (last === undefined || Math.abs(newest - last.newest) >= SAME_NEWEST_MS) {
      moves.push({ newest, firstSeen: point.time });
    }
  }
  return moves;
}

function longestInterval(times: readonly number[]): number {
  return times.slice(1).reduce((longest, time, i) => Math.max(longest, time - times[i]!), 0);
}
