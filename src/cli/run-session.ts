import type { LogSystem } from '#src/adapters/logging/log-system.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import type { RetryNotice } from '#src/adapters/postgres/retry.js';
import type { RunOrigin } from '#src/adapters/store/audit-run.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import type { Config } from '#src/config/config.js';
import type { TableMatcher } from '#src/config/table-glob.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { TRYING_AGAIN } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import { withoutSecrets } from './known-secrets.js';
import type { MetricsTarget } from './metrics/write-metrics.js';
import type { RunOptions } from './options.js';
import type { RunView } from './run-view.js';
import type { StopSignal } from './signals.js';

export type RunCommand = 'run' | 'profile' | 'detect';

/** What the steps of a run share. */
export interface Session {
  readonly command: RunCommand;
  readonly config: Config;
  readonly options: RunOptions;
  readonly sources: readonly ConnectionSettings[];
  /** What sentinel.yaml and the options let in. */
  readonly wanted: TableMatcher;
  readonly logs: LogSystem;
  readonly view: RunView;
  readonly stop: StopSignal;
  readonly startedAt: Date;
  readonly asOf: Date;
  /** Tells people, on stderr, what they would not expect; nothing where `--quiet` is given. */
  readonly announce: (line: string) => void;
  readonly origin: RunOrigin;
  /** Tries that were followed by another, by source; counted as they happen. */
  readonly retries: Map<string, number>;
  /** Tells people, on stderr and whatever options say, what they must not miss. */
  readonly warn: (line: string) => void;
  /** Where its figures go; absent: nowhere. */
  readonly metrics?: MetricsTarget;
  /** True where its success says nothing of the whole: then it is no sign of life. */
  readonly isPart?: boolean;
  /** Whoever runs it beside other things. */
  readonly watch?: RunWatch;
}

/** Told what a run has of the store. */
export interface RunWatch {
  begun(run: RunRef): void;
  /** The writer while this run has it, and null when it is about to give it back. */
  writes(writer: StoreWriter | null): void;
}

/** Notes in the log each try that is followed by another. */
export function onRetry(session: Pick<Session, 'logs' | 'config' | 'retries'>): (notice: RetryNotice) => void {
  const { logs, config } = session;
  return ({ source, operation, attempt, delayMs, cause }) => {
    countRetry(session, source);
    const { code, message } = failureOf(config, cause, source);
    logs
      .logger(source === 'metadata' ? 'orchestrator' : `${source}_db`)
      .warn({ source, operation, attempt, delayMs: Math.round(delayMs), code, cause: message }, TRYING_AGAIN);
  };
}

/** Whatever was thrown in this thread, or has ended a worker's, as a failure that people may read. */
export function failureOf({ sources, metadata }: Config, error: unknown, source?: string): Failure {
  const connection = [...sources, metadata.connection].find(({ name }) => name === source);
  const failure = toFailure(error, { ...(source !== undefined && { source }), ...(connection && { connection }) });
  return { ...failure, message: withoutSecrets(failure.message) };
}

export function countRetry({ retries }: Pick<Session, 'retries'>, source: string): void {
  retries.set(source, (retries.get(source) ?? 0) + 1);
}
