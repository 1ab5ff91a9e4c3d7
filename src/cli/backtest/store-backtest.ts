import { ENDED } from '#src/adapters/store/records.js';
import { injections } from '#src/core/backtest/inject.js';
import { replay, type SeriesOutcome } from '#src/core/backtest/replay.js';
import { name } from '#src/core/checks/sentence.js';
import { eventSeries } from '#src/core/events/series.js';
import { seriesKind } from '#src/core/metrics/index.js';
import type { TableHistory } from '#src/core/model/history.js';
import type { SeriesPoint, SeriesSpec } from '#src/core/model/series.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import type { SelectionOptions } from '../options.js';
import { formatCount } from '../render/format.js';
import { renderTable } from '../render/table.js';
import { openMetadata } from '../run-store.js';
import { selectSources, tableFilter } from '../selection.js';

export interface StoreBacktestOptions extends SelectionOptions {
  readonly json?: boolean;
}

/** The present settings, stricter ones and looser ones, as factors on the present strictness. */
const SETTINGS = [
  ['present', 1],
  ['stricter', 1.5],
  ['looser', 0.67],
] as const;
/** Series whose incidents are tried; shares of single values would multiply the work and say the same. */
const METRICS: ReadonlySet<string> = new Set(['rows_per_day', 'null_rate', 'mean']);
/** A series shorter than this has no past to be tried on. */
const MIN_POINTS = 35;
const WEEK_POINTS = 7;
/** Points of a series by run that are read. */
const RUN_POINTS = 400;

interface TableOutcome {
  readonly table: string;
  readonly series: number;
  readonly outcomes: readonly Outcome[];
}

type Outcome = SeriesOutcome & { readonly alertsAWeek: number };

/** Replay the stored history as it is and with incidents put in: what would be found, how late, and how many alerts to expect. */
export async function backtestStore(options: StoreBacktestOptions, io: Io): Promise<number> {
  const config = loadSettings(io);
  const sources = selectSources(config, options.source).map((source) => source.name);
  const wanted = tableFilter(config, options);
  const store = await openMetadata(config, () => undefined);
  const tables: TableOutcome[] = [];
  const byInjection = new Map<string, { tried: number; found: number; delay: number }>();
  try {
    const run = await store.latestRun({ states: ENDED });
    if (run) {
      const settings = config.policy.checks.settings.judge;
      const strictnesses = SETTINGS.map(([, factor]) => factor * settings.strictness);
      const history = { now: run.asOf, sources, scope: 'latest', points: RUN_POINTS } as const;
      for await (const page of store.loadHistories(run.id, history))
        for (const table of page.filter(wanted)) {
          const replays = seriesOf(table).map(({ spec, points }) => replay(spec, points, settings, strictnesses));
          if (replays.length === 0) continue;
          for (const each of replays)
            for (const [injection, { tried, found, delay }] of each.byInjection) {
              const sum = byInjection.get(injection) ?? { tried: 0, found: 0, delay: 0 };
              byInjection.set(injection, {
                tried: sum.tried + tried,
                found: sum.found + found,
                delay: sum.delay + delay,
              });
            }
          tables.push({
            table: [table.source, table.schema, table.table].map(name).join('.'),
            series: replays.length,
            outcomes: SETTINGS.map((_, i) => total(replays.map(({ outcomes }) => outcomes[i]!))),
          });
        }
    }
  } finally {
    await store.close();
  }
  if (tables.length === 0)
    throw new CliError(
      `no table has ${MIN_POINTS} days or runs of history yet; run "sentinel run" for some time, or on tables that say when their rows came`,
    );
  const totals = SETTINGS.map((_, i) => total(tables.map(({ outcomes }) => outcomes[i]!)));
  if (options.json) writeOutcomes(io, tables, totals, byInjection);
  else writeLine(io.stdout, describe(tables, totals, byInjection));
  return EXIT.ok;
}

/** What is tried of a table: by event time where it has that, else its row count by run. */
function seriesOf(
  table: Pick<TableHistory, 'events' | 'tableSeries'>,
): { spec: SeriesSpec; points: readonly SeriesPoint[] }[] {
  const found: { spec: SeriesSpec; points: readonly SeriesPoint[] }[] = [];
  for (const { metric, kind, interval, points } of table.events ? eventSeries(table.events) : [])
    if (METRICS.has(metric)) found.push({ spec: { kind, interval }, points });
  if (!table.events) {
    const kind = seriesKind('row_count');
    if (kind) found.push({ spec: { kind }, points: table.tableSeries.row_count ?? [] });
  }
  return found.filter(({ points }) => points.filter(({ value }) => value !== null).length >= MIN_POINTS);
}

function total(outcomes: readonly SeriesOutcome[]): Outcome {
  const sum = (of: (outcome: SeriesOutcome) => number) => outcomes.reduce((all, outcome) => all + of(outcome), 0);
  // Series of one table are as long as each other: their weeks are the same weeks.
  const weeks = outcomes.reduce((most, { judged }) => Math.max(most, judged), 0) / WEEK_POINTS;
  const alerts = sum(({ alerts: each }) => each);
  return {
    alerts,
    judged: weeks * WEEK_POINTS,
    tried: sum(({ tried }) => tried),
    found: sum(({ found }) => found),
    delay: sum(({ delay }) => delay),
    alertsAWeek: weeks === 0 ? 0 : alerts / weeks,
  };
}

function writeOutcomes(
  io: Io,
  tables: readonly TableOutcome[],
  totals: readonly Outcome[],
  byInjection: ReadonlyMap<string, { tried: number; found: number; delay: number }>,
): void {
  for (const { table, series, outcomes } of tables)
    for (const [i, [setting]] of SETTINGS.entries())
      writeJson(io, { type: 'backtest', table, setting, series, ...figures(outcomes[i]!) });
  for (const [incident, outcome] of byInjection)
    if (outcome.tried > 0) writeJson(io, { type: 'backtest_incident', incident, ...outcome });
  for (const [i, [setting]] of SETTINGS.entries())
    writeJson(io, { type: 'backtest_total', setting, ...figures(totals[i]!) });
}

function figures(outcome: Outcome) {
  return {
    tried: outcome.tried,
    found: outcome.found,
    recall: outcome.tried === 0 ? null : outcome.found / outcome.tried,
    precision: precisionOf(outcome),
    meanDelay: outcome.found === 0 ? null : outcome.delay / outcome.found,
    alertsAWeek: outcome.alertsAWeek,
  };
}

/** Of all alerts of the replay, the share that was put in: what was alerted of the history as it is counts as false. */
function precisionOf({ found, alerts }: SeriesOutcome): number | null {
  return found + alerts === 0 ? null : found / (found + alerts);
}

function describe(
  tables: readonly TableOutcome[],
  totals: readonly Outcome[],
  byInjection: ReadonlyMap<string, { tried: number; found: number; delay: number }>,
): string {
  const right = { align: 'right' } as const;
  const rows = tables
    .toSorted((a, b) => b.outcomes[0]!.alertsAWeek - a.outcomes[0]!.alertsAWeek)
    .map(({ table, series, outcomes }) => [
      table,
      String(series),
      share(outcomes[0]!.found, outcomes[0]!.tried),
      ...outcomes.map(({ alertsAWeek }) => alertsAWeek.toFixed(2)),
    ]);
  const columns = [
    { title: 'table' },
    { title: 'series', ...right },
    { title: 'found', ...right },
    ...SETTINGS.map(([setting]) => ({ title: setting, ...right })),
  ];
  const incidents = injections.flatMap(({ name: key, title }) => {
    const { tried, found, delay } = byInjection.get(key) ?? { tried: 0, found: 0, delay: 0 };
    return tried === 0 ? [] : [[title, share(found, tried), found === 0 ? '' : (delay / found).toFixed(1)]];
  });
  const settings = SETTINGS.map(([setting], i) => {
    const outcome = totals[i]!;
    const precision = precisionOf(outcome);
    return [
      setting,
      share(outcome.found, outcome.tried),
      precision === null ? '' : `${Math.round(100 * precision)} %`,
      outcome.found === 0 ? '' : (outcome.delay / outcome.found).toFixed(1),
      outcome.alertsAWeek.toFixed(2),
    ];
  });
  return [
    `Expected alerts a week, by table (${formatCount(tables.length, 'table')})`,
    renderTable(columns, rows),
    '',
    'Incidents put into the history, at the present settings',
    renderTable([{ title: 'incident' }, { title: 'found', ...right }, { title: 'points late', ...right }], incidents),
    '',
    'In total',
    renderTable(
      [
        { title: 'settings' },
        { title: 'found', ...right },
        { title: 'precision', ...right },
        { title: 'points late', ...right },
        { title: 'alerts a week', ...right },
      ],
      settings,
    ),
  ].join('\n');
}

function share(found: number, tried: number): string {
  return tried === 0 ? '' : `${found} of ${tried}`;
}
