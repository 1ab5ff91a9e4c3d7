import type { SeriesPoint } from '#src/core/model/series.js';

const DAY_MS = 86_400_000;
/** Days that are judged at least: those that are drawn, and as many before them to teach the judge, who forgets what is older. */
const DAYS = 240;
/** So many days pass before the first of them is another one. */
const STEP = 32;

/**
 * The end of a daily series. Its first day stays for weeks, unlike that of the history, which moves on every day: so it begins as it
 * did the day before, and only what is new has to be judged. `name` spreads the moves of many series over those weeks.
 */
export function lastMonths(points: readonly SeriesPoint[], name: string): readonly SeriesPoint[] {
  const earliest = points.length - DAYS - STEP;
  if (earliest <= 0) return points;
  const shift = [...name].reduce((sum, character) => sum + character.codePointAt(0)!, 0);
  const isFirst = ({ time }: SeriesPoint) => (Math.round(time / DAY_MS) + shift) % STEP === 0;
  return points.slice(points.findIndex((point, i) => i >= earliest && isFirst(point)));
}
