import type { SeriesPoint, SeriesSpec, Verdict } from '../model/series.js';
import { ForecastJudge } from './forecast-judge.js';
import { usualStep } from './numbers.js';
import { type SeriesJudge, UNKNOWN } from './series-judge.js';
import { DEFAULT_JUDGE_SETTINGS, type JudgeSettings } from './settings.js';
import { StreamJudge } from './stream-judge.js';

/** Points by which it is seen how fast a stream comes. */
const PACE_POINTS = 7;
/** Points further apart are days, and days are judged by forecast. */
const SLOW = 12 * 3_600_000;

export function createSeriesJudge(spec: SeriesSpec, settings: JudgeSettings = DEFAULT_JUDGE_SETTINGS): SeriesJudge {
  const byPace = spec.kind === 'stream' && spec.interval === undefined;
  return byPace ? new JudgeByPace(spec, settings) : new ForecastJudge(spec, settings);
}

/** The verdict on each point of a whole series. */
export function judgeSeries(spec: SeriesSpec, points: readonly SeriesPoint[], settings?: JudgeSettings): Verdict[] {
  const judge = createSeriesJudge(spec, settings);
  return points.map((point) => judge.observe(point));
}

/** A stream of unknown pace: the first points, of which no judge says anything, show whether it is slow or fast. */
class JudgeByPace implements SeriesJudge {
  private first: SeriesPoint[] = [];
  private judge: SeriesJudge | null = null;

  constructor(
    private readonly spec: SeriesSpec,
    private readonly settings: JudgeSettings,
  ) {}

  observe(point: SeriesPoint): Verdict {
    if (this.judge) return this.judge.observe(point);
    if (point.value === null || !Number.isFinite(point.value)) return UNKNOWN;
    this.first.push(point);
    if (this.first.length < PACE_POINTS) return UNKNOWN;
    const slow = usualStep(this.first) > SLOW;
    this.judge = slow ? new ForecastJudge(this.spec, this.settings) : new StreamJudge(this.settings);
    for (const each of this.first) this.judge.observe(each);
    this.first = [];
    return UNKNOWN;
  }

  accept(): void {
    this.judge?.accept();
  }
}
