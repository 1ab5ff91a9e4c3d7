import type { LogSystem } from '#src/adapters/logging/log-system.js';
import type { Config } from '#src/config/config.js';
import type { Schedule } from '#src/config/schedules.js';
import { runSession } from '../execute-run.js';
import { CliError, EXIT } from '../exit-code.js';
import { withGentle } from '../gentle.js';
import type { Io } from '../io.js';
import type { MetricsTarget } from '../metrics/write-metrics.js';
import type { RunOptions } from '../options.js';
import { runOrigin } from '../run-origin.js';
import type { RunWatch, Session } from '../run-session.js';
import type { RunView } from '../run-view.js';
import { selectSources, tableFilter } from '../selection.js';
import type { StopSignal } from '../signals.js';
import { isPartOfWhole } from './part-of-whole.js';

/** What is to be run, and who wants it. */
export interface RunWish extends Pick<Schedule, 'command' | 'sources' | 'tables' | 'exclude' | 'gentle'> {
  /** For the audit trail. */
  readonly actor: string;
}

export interface RunSurroundings {
  readonly config: Config;
  readonly logs: LogSystem;
  readonly io: Io;
  readonly stop: StopSignal;
  readonly view: RunView;
  readonly watch: RunWatch;
  readonly metrics: MetricsTarget;
}

/** Check a wish against the settings; throws CliError where it names what there is not. */
export function checkWish(wish: RunWish, config: Config): void {
  const options = optionsOf(wish);
  selectSources(config, options.source);
  tableFilter(config, options);
}

/** One run, as `sentinel run` makes it, with the settings, logs and signals of the daemon. Resolves with what that would exit with; never rejects. */
export async function runOnce(
  wish: RunWish,
  around: RunSurroundings,
): Promise<{ readonly exitCode: number; readonly message: string | null }> {
  const { logs, stop } = around;
  // A run may end itself, and the daemon goes on.
  const own = new AbortController();
  const abort = () => own.abort(stop.signal.reason);
  stop.signal.addEventListener('abort', abort, { once: true });
  if (stop.signal.aborted) abort();
  try {
    return { exitCode: await runSession(sessionOf(wish, around, own)), message: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isOurs = error instanceof CliError;
    if (!isOurs) logs.logger('orchestrator').error({ stack: (error as Error).stack }, `a run failed: ${message}`);
    return { exitCode: isOurs ? error.exitCode : EXIT.internal, message };
  } finally {
    stop.signal.removeEventListener('abort', abort);
  }
}

function sessionOf(wish: RunWish, around: RunSurroundings, own: AbortController): Session {
  const { logs, io, view, watch, metrics, stop } = around;
  const { command, actor } = wish;
  const options = optionsOf(wish);
  const config = withGentle(around.config, options);
  const sources = selectSources(config, options.source);
  const startedAt = new Date();
  const log = logs.logger('orchestrator');
  return {
    ...{ command, config, options, sources, logs, view, watch, metrics, startedAt, asOf: startedAt },
    wanted: tableFilter(config, options),
    isPart: isPartOfWhole(wish, config),
    stop: {
      signal: own.signal,
      exitCode: stop.exitCode,
      abort: () => own.abort(new Error('the run cannot go on')),
      dispose() {},
    },
    announce: (line) => log.info({}, line),
    warn: (line) => log.warn({}, line),
    retries: new Map([...sources.map(({ name }) => name), 'metadata'].map((name) => [name, 0])),
    origin: { ...runOrigin(command, options, config, io), actor },
  };
}

/** As the command line would have them. */
function optionsOf({ sources, tables, exclude, gentle }: RunWish): RunOptions {
  return {
    failOn: 'critical',
    ...(sources.length > 0 && { source: sources }),
    ...(tables.length > 0 && { table: tables }),
    ...(exclude.length > 0 && { exclude }),
    ...(gentle && { gentle }),
  };
}
