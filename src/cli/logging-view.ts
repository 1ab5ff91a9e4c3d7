import type { LogSystem } from '#src/adapters/logging/log-system.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Finding } from '#src/core/model/finding.js';
import { lagMessage } from './lag-message.js';
import type { RunView } from './run-view.js';

/** Notes in the log what the view is told. Tables that a worker finished are in its own records; big ones are merged here. */
export function logging(view: RunView, logs: LogSystem, { label }: RunRef): RunView {
  return {
    ...view,
    sourceDiscovered(source, tables) {
      logs.logger(`${source}_db`).info({ run: label, source, tables }, 'tables listed');
      view.sourceDiscovered(source, tables);
    },
    tableDone(result) {
      const { profile, chunks, cost, attempts } = result;
      const table = `${profile.schema}.${profile.table}`;
      const fields = { run: label, source: profile.source, table, rows: profile.rowCount, bytes: cost.bytes, attempts };
      if (chunks !== undefined)
        logs.logger('profiler').info({ ...fields, chunks, durationMs: profile.durationMs }, 'profiled in chunks');
      logs
        .logger('orchestrator')
        .debug({ run: label, source: profile.source, table, status: profile.status }, 'stored');
      view.tableDone(result);
    },
    sourceLags(source, event) {
      const isUsual = event.type === 'waited' && !event.gaveUp;
      const log = logs.logger(`${source}_db`);
      log[isUsual ? 'info' : 'warn']({ run: label, source, ...event }, `${source}: ${lagMessage(event)}`);
      view.sourceLags(source, event);
    },
    sourceLost(source, failure) {
      const { code, message: cause } = failure;
      logs
        .logger(`${source}_db`)
        .warn({ run: label, source, code, cause }, 'the source went away: its tables wait for it');
      view.sourceLost(source, failure);
    },
    sourceRecovered(source) {
      logs.logger(`${source}_db`).warn({ run: label, source }, 'the source is back: its tables go on');
      view.sourceRecovered(source);
    },
    sourceFailed(source, failure) {
      logs.logger(`${source}_db`).error({ run: label, source, code: failure.code }, failure.message);
      view.sourceFailed(source, failure);
    },
  };
}

/** Notes what was found. */
export function logFindings(logs: LogSystem, { label }: RunRef, findings: readonly Finding[]): void {
  for (const { message, ...finding } of findings)
    logs.logger('detector').info({ run: label, ...finding, table: nameOf(finding) }, message);
}

function nameOf({ schema, table }: Pick<Finding, 'schema' | 'table'>): string | undefined {
  return table === null ? undefined : `${schema}.${table}`;
}
