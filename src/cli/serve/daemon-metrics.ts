import type { HealthReport } from '#src/adapters/postgres/database-manager.js';
import { readStates } from '#src/adapters/process-state.js';
import type { RunSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { Config } from '#src/config/config.js';
import type { MetricFamily } from '#src/contract/metric-family.js';
import { familyOf } from '../metrics/definitions.js';
import { seriesName } from '../metrics/prometheus-text.js';
import {
  BREAKER_VALUE,
  countedFigures,
  counterFamilies,
  endFamilies,
  lastSuccess,
  MAX_TABLES,
  outcomeFamilies,
  type RunEnd,
  type Samples,
  storeFamilies,
  totalFamilies,
} from '../metrics/run-metrics.js';
import type { MetricsTarget } from '../metrics/write-metrics.js';
import type { RunSummaryRecord } from '../run-view.js';
import { isStoredPart } from './part-of-whole.js';

/** The figures of the runs of this process; counters count from its start. */
export class RunFigures implements MetricsTarget {
  #families: readonly MetricFamily[] = [];
  #previous: ReadonlyMap<string, number> = new Map();

  get families(): readonly MetricFamily[] {
    return this.#families;
  }

  /** What the store knows of the runs before, so that no figure is missing until this process has made one; counters begin at 0. */
  async begin(store: Store, config: Pick<Config, 'sources' | 'schedules'>): Promise<void> {
    if (this.#families.length > 0) return;
    const retries = new Map([...config.sources.map(({ name }) => name), 'metadata'].map((name) => [name, 0]));
    const counters = counterFamilies({ outcome: null, rows: 0, retries }, new Map());
    this.#families = [...(await figuresOfRuns(store, config)), ...counters];
    this.#previous = valuesOf(this.#families);
  }

  async write(end: RunEnd, families: readonly MetricFamily[]): Promise<void> {
    const ended = endFamilies(end, this.#previous);
    this.#previous = valuesOf(ended);
    this.#families = [...ended, ...families];
  }
}

/** Runs of parts come every few minutes, and the last of everything may be days ago. */
const LOOKED_THROUGH = 2_000;

/** Those of the newest run that ended, and when the last complete one did; nothing where there is none. */
async function figuresOfRuns(store: Store, config: Pick<Config, 'sources' | 'schedules'>): Promise<MetricFamily[]> {
  const runs = await store.listRuns({ states: ['finished', 'interrupted', 'failed'], limit: LOOKED_THROUGH });
  const totalsOf = ({ totals }: RunSummary) => totals as Partial<RunSummaryRecord> | null;
  const isSuccess = (run: RunSummary) => run.state === 'finished' && totalsOf(run)?.incomplete === false;
  const complete = runs.find((run) => isSuccess(run) && !isStoredPart(run, config));
  const last = complete?.finishedAt == null ? [] : [lastSuccess(complete.finishedAt / 1000)];
  const [newest] = runs;
  if (newest?.finishedAt == null) return last;
  const { incomplete = true, durationMs, tables, rows, bytes, connectionsMax } = totalsOf(newest) ?? {};
  const outcome = newest.state === 'failed' ? 'failed' : incomplete ? 'incomplete' : 'complete';
  const { finishedAt, startedAt } = newest;
  const ended = outcomeFamilies({
    outcome,
    finishedAtMs: finishedAt,
    durationMs: durationMs ?? finishedAt - startedAt,
  });
  const isWhole = tables !== undefined && rows !== undefined && bytes !== undefined && connectionsMax !== undefined;
  const totals = isWhole
    ? totalFamilies({ tables, rows, bytes, connectionsMax }, await store.findingsOf(newest.id))
    : [];
  return [...ended, ...last, ...totals];
}

function valuesOf(families: readonly MetricFamily[]): Map<string, number> {
  return new Map(
    families.flatMap(({ name, samples }) =>
      samples.map(([labels, value]) => [seriesName(name, labels), value] as const),
    ),
  );
}

/** What the store says of tables, incidents and alerts at this moment. */
export async function figuresOfStore(store: Store): Promise<MetricFamily[]> {
  const { tables } = await store.listTables({ limit: MAX_TABLES });
  const samples = (pick: (table: (typeof tables)[number]) => number | null): Samples =>
    tables.flatMap((each): Samples => {
      const value = pick(each);
      return value === null ? [] : [[{ source: each.source, schema: each.schema, table: each.table }, value]];
    });
  return storeFamilies({
    ...(await countedFigures(store)),
    rows: samples(({ rows }) => rows),
    freshness: samples(({ freshnessSeconds }) => freshnessSeconds),
  });
}

/** Connections and breakers of the run that goes on; without one nothing is open. */
export async function figuresOfPools(sources: readonly string[]): Promise<MetricFamily[]> {
  const uses = (await readStates(null, 0)).flatMap((state) => state.sources);
  const connections = sources.flatMap((source): Samples => {
    const pools = uses.filter((use) => use.source === source).map(({ pool }) => pool);
    const sum = (of: 'open' | 'idle') => pools.reduce((total, pool) => total + pool[of], 0);
    return [
      [{ source, state: 'used' }, sum('open') - sum('idle')],
      [{ source, state: 'idle' }, sum('idle')],
    ];
  });
  const breakers = uses.map(({ source, breaker }) => [{ source }, BREAKER_VALUE[breaker.state]] as const);
  return [
    familyOf('sentinel_db_pool_connections', connections),
    ...(breakers.length === 0 ? [] : [familyOf('sentinel_breaker_state', breakers)]),
  ];
}

/** More slots than this would be no names that a Prometheus server should keep. */
const MAX_SLOTS = 200;

/** What the last health check saw. */
export function figuresOfHealth({ sources }: HealthReport): MetricFamily[] {
  const slots = sources.flatMap(
    ({ source, slots }): Samples =>
      (slots ?? []).flatMap(
        ({ name, retainedBytes }): Samples => (retainedBytes === null ? [] : [[{ source, slot: name }, retainedBytes]]),
      ),
  );
  return [
    familyOf(
      'sentinel_source_up',
      sources.map(({ source, authenticated }) => [{ source }, authenticated ? 1 : 0]),
    ),
    familyOf('sentinel_replication_slot_retained_bytes', slots.slice(0, MAX_SLOTS)),
  ];
}

/** Of several families of one name the last that has samples counts. */
export function newestOfEach(families: readonly MetricFamily[]): MetricFamily[] {
  return [...new Map(families.filter(({ samples }) => samples.length > 0).map((each) => [each.name, each])).values()];
}
