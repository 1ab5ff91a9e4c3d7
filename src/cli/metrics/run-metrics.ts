import type { Engine } from '#src/adapters/open-engine.js';
import type { Store } from '#src/adapters/store/store.js';
import type { Labels, MetricFamily } from '#src/contract/metric-family.js';
import { isCounted } from '#src/core/incidents/counted.js';
import { FRESHNESS_METRIC } from '#src/core/metrics/index.js';
import type { Finding, Severity } from '#src/core/model/finding.js';
import type { RunSummaryRecord, RunTally } from '../run-view.js';
import { familyOf, type MetricName } from './definitions.js';
import { seriesName } from './prometheus-text.js';

/** More tables than this would be more series than a Prometheus server should be given by one job. */
export const MAX_TABLES = 5_000;
const LAST_SUCCESS = 'sentinel_run_last_success_timestamp_seconds';
const SEVERITIES: readonly Severity[] = ['info', 'warn', 'critical'];
const DELIVERY_STATES = ['pending', 'held', 'delivered', 'failed'] as const;

export type Samples = MetricFamily['samples'];
type BreakerStates = ReturnType<Engine['breakerStates']>;
export const BREAKER_VALUE = { closed: 0, 'half-open': 1, open: 2 } as const;

/** What became of a run, also of one that failed before its end. */
export interface RunEnd {
  readonly outcome: 'complete' | 'incomplete' | 'failed';
  /** `Session.isPart`. */
  readonly isPart: boolean;
  readonly finishedAtMs: number;
  readonly durationMs: number;
  /** Rows that were read. */
  readonly rows: number;
  /** Tries that were followed by another, by source. */
  readonly retries: ReadonlyMap<string, number>;
}

/** What the store knows besides, at the end of a run. */
export interface StoreFigures {
  readonly freshness: Samples;
  readonly incidents: Samples;
  readonly deliveries: Samples;
}

export async function storeFigures(store: Store, run: number): Promise<StoreFigures> {
  const freshness = await store.tableFigures(run, FRESHNESS_METRIC, MAX_TABLES);
  return {
    freshness: freshness.map(({ source, schema, table, value }) => [{ source, schema, table }, value]),
    ...(await countedFigures(store)),
  };
}

/** Of them those that are of no run. */
export async function countedFigures(store: Store): Promise<Omit<StoreFigures, 'freshness'>> {
  const open = (await store.listIncidents({ states: ['open', 'acknowledged'] })).filter(isCounted);
  const alerts = await store.countAlerts();
  return {
    incidents: SEVERITIES.map((severity) => [{ severity }, open.filter((each) => each.severity === severity).length]),
    deliveries: DELIVERY_STATES.map((state) => [
      { state },
      alerts.filter((each) => each.state === state).reduce((sum, { count }) => sum + count, 0),
    ]),
  };
}

/**
 * The figures that every run has, failed or not. `previous` are those of the file that is replaced: counters go on from there, and
 * the time of the last complete run stays.
 */
export function endFamilies(end: RunEnd, previous: ReadonlyMap<string, number>): MetricFamily[] {
  const { outcome, isPart, finishedAtMs } = end;
  const last = outcome === 'complete' && !isPart ? finishedAtMs / 1000 : previous.get(LAST_SUCCESS);
  return [...outcomeFamilies(end), lastSuccess(last), ...counterFamilies(end, previous)];
}

/** How one run ended. */
export function outcomeFamilies({
  outcome,
  finishedAtMs,
  durationMs,
}: Pick<RunEnd, 'outcome' | 'finishedAtMs' | 'durationMs'>): MetricFamily[] {
  return [
    familyOf('sentinel_run_success', [[{}, outcome === 'complete' ? 1 : 0]]),
    familyOf('sentinel_run_incomplete', [[{}, outcome === 'complete' ? 0 : 1]]),
    familyOf('sentinel_run_finished_timestamp_seconds', [[{}, finishedAtMs / 1000]]),
    familyOf('sentinel_run_duration_seconds', [[{}, durationMs / 1000]]),
  ];
}

/** What is counted over runs, with this one; `outcome` null: with none. */
export function counterFamilies(
  { outcome, rows, retries }: Pick<RunEnd, 'rows' | 'retries'> & { readonly outcome: RunEnd['outcome'] | null },
  previous: ReadonlyMap<string, number>,
): MetricFamily[] {
  return [
    counter(
      'sentinel_runs_total',
      (['complete', 'incomplete', 'failed'] as const).map((each) => [{ outcome: each }, each === outcome ? 1 : 0]),
      previous,
    ),
    counter('sentinel_profile_rows_total', [[{}, rows]], previous),
    counter(
      'sentinel_retries_total',
      [...retries].map(([source, count]) => [{ source }, count]),
      previous,
    ),
  ];
}

/** When the last complete run ended, seconds since the epoch. */
export function lastSuccess(seconds: number | undefined): MetricFamily {
  return familyOf(LAST_SUCCESS, seconds === undefined ? [] : [[{}, seconds]]);
}

/** The figures of a run that came to its end. Base units; labels source, schema and table at most. */
export function runFamilies(
  { tables, rows, bytes, connectionsMax }: RunSummaryRecord,
  findings: readonly Finding[],
  { outcomes }: Pick<RunTally, 'outcomes'>,
  breakers: BreakerStates,
  { freshness, incidents, deliveries }: StoreFigures,
): MetricFamily[] {
  const tableRows = outcomes
    .flatMap(
      ({ source, schema, table, rowCount }): Samples =>
        rowCount === undefined ? [] : [[{ source, schema, table }, rowCount]],
    )
    .slice(0, MAX_TABLES);
  return [
    ...totalFamilies({ tables, rows, bytes, connectionsMax }, findings),
    familyOf(
      'sentinel_breaker_state',
      [...breakers].map(([source, state]) => [{ source }, BREAKER_VALUE[state]]),
    ),
    ...storeFamilies({ freshness, incidents, deliveries, rows: tableRows }),
  ];
}

/** What a run came to. */
export function totalFamilies(
  { tables, rows, bytes, connectionsMax }: Pick<RunSummaryRecord, 'tables' | 'rows' | 'bytes' | 'connectionsMax'>,
  findings: readonly Pick<Finding, 'severity'>[],
): MetricFamily[] {
  return [
    familyOf('sentinel_run_rows', [[{}, rows]]),
    familyOf('sentinel_run_read_bytes', [[{}, bytes]]),
    familyOf('sentinel_run_connections_max', [[{}, connectionsMax]]),
    familyOf(
      'sentinel_tables',
      Object.entries(tables).map(([status, number]) => [{ status }, number]),
    ),
    familyOf(
      'sentinel_findings',
      SEVERITIES.map((severity) => [{ severity }, findings.filter((each) => each.severity === severity).length]),
    ),
  ];
}

/** What the store knows at any time; `rows` of tables. */
export function storeFamilies(figures: StoreFigures & { readonly rows: Samples }): MetricFamily[] {
  const { freshness, incidents, deliveries, rows } = figures;
  return [
    familyOf('sentinel_incidents_open', incidents),
    familyOf('sentinel_alert_deliveries', deliveries),
    familyOf('sentinel_table_rows', rows),
    familyOf('sentinel_table_freshness_seconds', freshness),
  ];
}

/** What is added to the series of the file before. */
function counter(name: MetricName, added: Samples, previous: ReadonlyMap<string, number>): MetricFamily {
  const sums = new Map<string, readonly [Labels, number]>();
  for (const [labels, value] of added) {
    const series = seriesName(name, labels);
    sums.set(series, [labels, value + (previous.get(series) ?? 0)]);
  }
  return familyOf(name, [...sums.values()]);
}
