import type { CustomQuery } from '#src/contract/custom-query.js';
import type { EventRequest, TableResult } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { LagLimits } from '#src/core/planning/lag.js';
import { LagGate } from './lag-gate.js';
import type { LagEvent, LagReading, RunObserver, RunStore, SourceAccess, WorkerPool } from './ports.js';
import { type ProfileSourceOptions, profileSource } from './profile-source.js';
import { tableRecord } from './table-record.js';
import { WorkerShares } from './worker-shares.js';

export interface ProfileRunOptions
  extends Omit<ProfileSourceOptions, 'onResult' | 'events' | 'gate' | 'recovery' | 'shares'> {
  /** The run's clock (`--as-of`), epoch milliseconds. */
  readonly asOfMs: number;
  /** False for tables left out by `--table`, `--exclude` or sentinel.yaml. */
  readonly wanted: (table: TableSpec) => boolean;
  /** Told of all tables that a source has, also of those that are not profiled on their own. */
  readonly onListed?: (source: string, tables: readonly { readonly schema: string; readonly table: string }[]) => void;
  /** Replicas and slots that are further behind are waited for; absent: nobody looks at them. */
  readonly lagLimits?: LagLimits;
  /** Insert-time column declared for a table, if any. */
  readonly insertTime: (table: TableSpec) => string | undefined;
  /** Metrics of the user's own for a table. */
  readonly customQueries: (table: TableSpec) => readonly CustomQuery[];
  /** IANA name of a source's time zone. */
  readonly timeZone: (source: string) => string;
  readonly database: (source: string) => string;
  readonly toFailure: (error: unknown, source: string) => Failure;
  /** Called once where results can no longer be stored; the caller ends the run by its signal. */
  readonly onStoreFailure: () => void;
  /** The most finished tables waiting to become durable before reading pauses. */
  readonly maxWaiting: number;
}

export interface SourceOutcome {
  readonly source: string;
  /** Why the source could not be read, or not to its end. */
  readonly failure: Failure | null;
}

/**
 * Profile the wanted tables of all sources at once and make each durable as soon as it is done. A source that fails is an outcome
 * and costs the others nothing; rejects only where results cannot be stored.
 */
export async function profileRun(
  sources: readonly SourceAccess[],
  pool: WorkerPool,
  store: RunStore,
  observer: RunObserver,
  options: ProfileRunOptions,
): Promise<SourceOutcome[]> {
  const shares = new WorkerShares(options.workers);
  return Promise.all(
    sources.map(async (source): Promise<SourceOutcome> => {
      const failure = await profileOneSource(source, pool, store, observer, options, shares);
      if (failure) observer.sourceFailed(source.name, failure);
      return { source: source.name, failure };
    }),
  );
}

async function profileOneSource(
  source: SourceAccess,
  pool: WorkerPool,
  store: RunStore,
  observer: RunObserver,
  options: ProfileRunOptions,
  shares: WorkerShares,
): Promise<Failure | null> {
  const database = options.database(source.name);
  let tables: readonly TableSpec[];
  let lag: LagReading;
  try {
    const discovery = await source.discover();
    tables = discovery.tables.filter(options.wanted);
    lag = discovery.lag;
    const present = [...discovery.tables, ...discovery.omitted].map(({ schema, name }) => ({ schema, table: name }));
    options.onListed?.(source.name, present);
    const { inventory, dependencies } = discovery;
    await store.addInventory({ source: source.name, database, inventory, dependencies });
    await store.recordPresent(source.name, present);
  } catch (error) {
    if (options.signal.aborted) return null;
    const failure = options.toFailure(error, source.name);
    await store.addInventory({ source: source.name, database, inventory: null, failure });
    return failure;
  }
  observer.sourceDiscovered(source.name, tables.length);
  const persist = persister(store, observer, options);
  const failure = await profileSource(tables, source, pool, {
    ...options,
    events: eventRequest(source.name, tables, options),
    ...lagGate(source, lag, observer, options),
    onResult: async (result) => persist.add(await withCustomFigures(result, source, options)),
    shares,
    recovery: {
      onLost: (lost) => observer.sourceLost(source.name, lost),
      onRecovered: () => observer.sourceRecovered(source.name),
    },
  });
  await persist.settled();
  return failure;
}

/** With the table's own metrics, measured when its rows have been read; what a stop cut short is no outcome. */
async function withCustomFigures(
  result: TableResult,
  source: SourceAccess,
  options: ProfileRunOptions,
): Promise<TableResult> {
  const queries = result.profile.status === 'ok' ? options.customQueries(result.spec) : [];
  if (queries.length === 0 || options.signal.aborted) return result;
  const metrics = await source.measure(result.spec, queries);
  return options.signal.aborted ? result : { ...result, profile: { ...result.profile, metrics } };
}

function lagGate(source: SourceAccess, first: LagReading, observer: RunObserver, options: ProfileRunOptions) {
  const { lagLimits: limits, now, signal } = options;
  if (!limits) return {};
  const onEvent = (event: LagEvent) => observer.sourceLags(source.name, event);
  return { gate: new LagGate(source, { limits, first, now, signal, onEvent }) };
}

function eventRequest(source: string, tables: readonly TableSpec[], options: ProfileRunOptions): EventRequest {
  const declared = new Map<string, string>();
  for (const table of tables) {
    const column = options.insertTime(table);
    if (column !== undefined) declared.set(JSON.stringify([table.schema, table.name]), column);
  }
  return { timeZone: options.timeZone(source), asOfMs: options.asOfMs, declared };
}

/** Hands results to the store, letting reading go on while at most `maxWaiting` of them are not durable yet. */
function persister(store: RunStore, observer: RunObserver, options: ProfileRunOptions) {
  const waiting = new Set<Promise<void>>();
  const errors: unknown[] = [];
  const add = async (result: TableResult) => {
    const insertTime = options.insertTime(result.spec);
    const record = tableRecord(result, { nowMs: options.asOfMs, ...(insertTime !== undefined && { insertTime }) });
    const durable: Promise<void> = store
      .addTable(record)
      .then(() => observer.tableDone(result))
      .catch((error: unknown) => {
        if (errors.push(error) === 1) options.onStoreFailure();
      })
      .finally(() => waiting.delete(durable));
    waiting.add(durable);
    while (waiting.size >= options.maxWaiting) await Promise.race(waiting);
    if (errors.length > 0) throw errors[0];
  };
  const settled = async () => {
    await Promise.all(waiting);
    if (errors.length > 0) throw errors[0];
  };
  return { add, settled };
}
