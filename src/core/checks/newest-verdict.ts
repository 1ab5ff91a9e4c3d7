import { createSeriesJudge, type JudgeSettings } from '../detectors/index.js';
import type { Severity } from '../model/finding.js';
import type { SeriesPoint, SeriesSpec, Verdict } from '../model/series.js';

/** What the judge says of the worst of a series' new points. */
export interface NewestVerdict {
  /** Index of that point in the series. */
  readonly index: number;
  readonly value: number;
  readonly verdict: Verdict & { readonly expected: NonNullable<Verdict['expected']> };
  readonly severity: Severity;
}

/** A series' first weeks teach the judge more than they say of the table's habits. */
const HABIT_FROM = 21;
/**
 * What happened this often, at least as far, and passed again belongs to the table: sales, month ends, backfills. A fall
 * needs more to be excused: holidays would otherwise hide a load that is half missing.
 */
const HABITUAL_EPISODES = { rise: 2, fall: 4 } as const;
/** A value among those of so many points before it needs no judge. */
const RANGE_POINTS = 28;

/** Milliseconds from a point's time to when it can be seen: a day or an hour is known at its end. */
const WIDTH = { D: 86_400_000, H: 3_600_000, none: 0 } as const;

/**
 * Replays a series through the judge and returns its verdict on the worst of the points from `firstNew` on, each judged by
 * those before it alone; null where they are as expected, unknown, or where too little is known. `expectedSince` (epoch ms,
 * oldest first) is when people said that it is as it should be: what they saw is only mentioned, and is a level from then on,
 * beside the one before, until the series has shown which of them stays: a sale that was expected ends.
 */
export function judgeNewest(
  spec: SeriesSpec,
  points: readonly SeriesPoint[],
  firstNew: number,
  settings: JudgeSettings,
  expectedSince: readonly number[] = [],
): NewestVerdict | null {
  const judge = createSeriesJudge(spec, settings);
  const unmoved = expectedSince.length === 0 ? null : createSeriesJudge(spec, settings);
  const past: Verdict[] = [];
  let accepted = 0;
  let worst: { index: number; value: number; verdict: Verdict; isSeen: boolean } | null = null;
  for (const [index, point] of points.entries()) {
    const seenAt = point.time + WIDTH[spec.interval ?? 'none'];
    for (; accepted < expectedSince.length && expectedSince[accepted]! < seenAt; accepted++) judge.accept();
    const isSeen = accepted < expectedSince.length;
    const verdict = milder(judge.observe(point), unmoved?.observe(point));
    if (index < firstNew) past.push(verdict);
    else if (verdict.anomaly && point.value !== null && outweighs({ verdict, isSeen }, worst)) {
      worst = { index, value: point.value, verdict, isSeen };
    }
  }
  if (worst === null || worst.verdict.expected === null) return null;
  const { index, value, verdict, isSeen } = worst;
  const severity = isSeen || isHabitual(past, verdict) ? 'info' : severityOf(verdict.q);
  return { index, value, verdict: { ...verdict, expected: worst.verdict.expected }, severity };
}

function milder(one: Verdict, other: Verdict | undefined): Verdict {
  return other !== undefined && other.expected !== null && other.q < one.q ? other : one;
}

type Weighed = { readonly verdict: Verdict; readonly isSeen: boolean };

/** What people have not seen yet comes before what they expect, and then the farther off. */
function outweighs(one: Weighed, other: Weighed | null): boolean {
  if (other === null || one.isSeen !== other.isSeen) return other === null || !one.isSeen;
  return one.verdict.q > other.verdict.q;
}

/** True where each new value lies among those shortly before it: the quick answer for the many series that are as they were. */
export function withinRange(points: readonly SeriesPoint[], firstNew: number): boolean {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = Math.max(0, firstNew - RANGE_POINTS); i < firstNew; i++) {
    const value = points[i]!.value;
    if (value === null) continue;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  for (let i = firstNew; i < points.length; i++) {
    const value = points[i]!.value;
    if (value !== null && (value < lowest || value > highest)) return false;
  }
  return true;
}

/** The severity that a distance has by itself. */
export function severityOf(q: number): Severity {
  if (q >= 3) return 'critical';
  return q >= 1.5 ? 'warn' : 'info';
}

function isHabitual(past: readonly Verdict[], now: Verdict): boolean {
  let episodes = 0;
  let inside = false;
  for (const verdict of past.slice(HABIT_FROM)) {
    const alike = verdict.direction === now.direction && verdict.anomaly && verdict.q >= now.q;
    if (alike && !inside) episodes++;
    inside = alike;
  }
  return episodes >= HABITUAL_EPISODES[now.direction ?? 'rise'];
}
