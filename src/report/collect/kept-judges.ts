import { createHash } from 'node:crypto';
import { createSeriesJudge, type JudgeSettings } from '#src/core/detectors/index.js';
import type { SeriesPoint, SeriesSpec } from '#src/core/model/series.js';
import type { Said } from './series.js';

/** Figures of a point side by side: for what is said, q and the limits, NaN where nothing was expected. */
const WIDTH = 3;

interface Kept {
  readonly judge: ReturnType<typeof createSeriesJudge>;
  readonly points: number;
  /** Of those points and the series' spec. */
  readonly digest: string;
  readonly said: Float64Array;
}

/**
 * Judges of series by name, kept from one report to the next: of a series that begins as it did only the new points are judged,
 * which says the same as judging all of them. They are live, some 30 kB each: a judge is made of closures, and learns in place.
 */
export class KeptJudges {
  #before = new Map<string, Kept>();
  #now = new Map<string, Kept>();

  constructor(private readonly settings: JudgeSettings) {}

  /** What is said of each point. */
  judge(name: string, spec: SeriesSpec, points: readonly SeriesPoint[]): Said[] {
    const before = this.#now.get(name) ?? this.#before.get(name); // the former of a report that came to no end
    this.#before.delete(name); // it learns below, and would not be the judge of those points any more
    const known = before && before.digest === digestOf(spec, points.slice(0, before.points)) ? before : undefined;
    const judge = known?.judge ?? createSeriesJudge(spec, this.settings);
    const said = new Float64Array(points.length * WIDTH);
    if (known) said.set(known.said);
    for (let i = known?.points ?? 0; i < points.length; i++) {
      const { q, expected } = judge.observe(points[i]!);
      said.set([q, expected?.lower ?? Number.NaN, expected?.upper ?? Number.NaN], i * WIDTH);
    }
    this.#now.set(name, { judge, points: points.length, digest: digestOf(spec, points), said });
    return points.map((_, i) => saidOf(said, i * WIDTH));
  }

  /** A report is made: what it did not ask for is forgotten. */
  turn(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }
}

function saidOf(said: Float64Array, at: number): Said {
  const [q, lower, upper] = [said[at]!, said[at + 1]!, said[at + 2]!];
  return { q, anomaly: q > 1, expected: Number.isNaN(lower) ? null : { lower, upper } };
}

function digestOf(spec: SeriesSpec, points: readonly SeriesPoint[]): string {
  const figures = new Float64Array(points.length * WIDTH);
  points.forEach(({ time, value, stdError }, i) => {
    figures.set([time, value ?? Number.NaN, stdError ?? Number.NaN], i * WIDTH);
  });
  return createHash('sha256').update(JSON.stringify(spec)).update(figures).digest('base64');
}
