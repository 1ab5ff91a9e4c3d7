import { type JudgeSettings, judgeSeries } from '../detectors/index.js';
import type { SeriesPoint, SeriesSpec } from '../model/series.js';
import { type Injection, inject, injections } from './inject.js';

/** From this distance on a finding is alerted. */
const ALERT = 1.5;
/** What lies before is learned from and not counted. */
const WARM_UP_POINTS = 28;
/** Alerts closer together than this are one. */
const EPISODE_POINTS = 3;
/** Places in a series where incidents are tried. */
const PLACES = 2;

/** What a replay says of one series at one strictness. */
export interface SeriesOutcome {
  /** Alerts on the history as it is. */
  readonly alerts: number;
  /** Points that could have given one. */
  readonly judged: number;
  readonly tried: number;
  readonly found: number;
  /** Points from the beginning of a found incident to its first alert, summed. */
  readonly delay: number;
}

/** Outcome of one injection over some series. */
export type InjectionOutcome = Pick<SeriesOutcome, 'tried' | 'found' | 'delay'>;

export interface Replay {
  /** One for each strictness asked for, in that order. */
  readonly outcomes: readonly SeriesOutcome[];
  /** By injection's name, at the first strictness. */
  readonly byInjection: ReadonlyMap<string, InjectionOutcome>;
}

/**
 * Replays a series as it is, and again with each incident that fits its kind put in at some places. Distances scale with the
 * strictness, so one replay answers for all of them.
 */
export function replay(
  spec: SeriesSpec,
  points: readonly SeriesPoint[],
  settings: JudgeSettings,
  strictnesses: readonly number[],
): Replay {
  const clean = judgeSeries(spec, points, settings);
  const known = points.filter(({ value }, i) => i >= WARM_UP_POINTS && value !== null).length;
  const tries = triesOf(spec, points).map(({ injection, start, altered }) => ({
    injection,
    distances: judgeSeries(spec, altered, settings)
      .slice(start)
      .map(({ q }) => q),
  }));
  const outcomes = strictnesses.map((strictness): SeriesOutcome => {
    const limit = ALERT * (strictness / settings.strictness);
    const hits = tries.map(({ distances }) => distances.findIndex((q) => q >= limit));
    return {
      alerts: episodes(
        clean.map(({ q }) => q),
        limit,
      ),
      judged: known,
      ...outcomeOf(hits),
    };
  });
  const limit = ALERT * ((strictnesses[0] ?? settings.strictness) / settings.strictness);
  const byInjection = new Map(
    injections.map(({ name }) => [
      name,
      outcomeOf(
        tries
          .filter(({ injection }) => injection.name === name)
          .map(({ distances }) => distances.findIndex((q) => q >= limit)),
      ),
    ]),
  );
  return { outcomes, byInjection };
}

function outcomeOf(hits: readonly number[]): InjectionOutcome {
  const found = hits.filter((at) => at >= 0);
  return { tried: hits.length, found: found.length, delay: found.reduce((sum, at) => sum + at, 0) };
}

function triesOf({ kind }: SeriesSpec, points: readonly SeriesPoint[]) {
  const tries: { injection: Injection; start: number; altered: SeriesPoint[] }[] = [];
  for (const injection of injections) {
    if (!injection.kinds.includes(kind)) continue;
    for (let place = 1; place <= PLACES; place++) {
      const room = points.length - WARM_UP_POINTS - injection.length;
      if (room <= 0) continue;
      const start = WARM_UP_POINTS + Math.floor((room * place) / PLACES);
      const altered = inject(points, start, injection);
      if (altered) tries.push({ injection, start, altered });
    }
  }
  return tries;
}

function episodes(distances: readonly number[], limit: number): number {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  distances.forEach((q, i) => {
    if (i < WARM_UP_POINTS || q < limit) return;
    if (i - last > EPISODE_POINTS) count++;
    last = i;
  });
  return count;
}
