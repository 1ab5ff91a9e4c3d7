import { managerConfig } from '#src/adapters/manager-config.js';
import { getDatabaseManager, type HealthReport } from '#src/adapters/postgres/database-manager.js';
import type { HealthStatus, SourceHealth } from '#src/adapters/postgres/health.js';
import type { Lag } from '#src/core/planning/lag.js';
import { EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { formatBytes, formatCount, formatDuration } from '../render/format.js';
import { paint, type Style, usesColor } from '../render/style.js';
import { escapeControls } from '../render/text-width.js';
import { selectSources } from '../selection.js';

/**
 * Check every source, the metadata store and the disk of the logs at the same time, within seconds whatever they do; with `--source`
 * those sources alone and the disk. Exit 2 where one is not as it should be.
 */
export async function healthCommand(options: { source?: string[]; json?: boolean }, io: Io): Promise<number> {
  const config = loadSettings(io);
  const { metadata, ...rest } = managerConfig(config);
  const sources = selectSources(config, options.source);
  const asked = { ...rest, sources, ...(metadata && !options.source?.length && { metadata }) };
  const report = await getDatabaseManager(asked).healthCheck();
  if (options.json) {
    for (const source of report.sources) writeJson(io, { type: 'health', ...source });
    if (report.logs) writeJson(io, { type: 'health_logs', ...report.logs });
  } else for (const line of describe(report, usesColor(io.stdout, io.env))) writeLine(io.stdout, line);
  return report.status === 'ok' ? EXIT.ok : EXIT.incomplete;
}

const WORST_FIRST: readonly HealthStatus[] = ['down', 'degraded', 'ok'];
const STYLES: Readonly<Record<HealthStatus, Style | undefined>> = { down: 'red', degraded: 'yellow', ok: undefined };

function describe({ sources, logs }: HealthReport, color: boolean): string[] {
  const entries = sources.map((source) => {
    const { user, host, port, database } = source;
    return {
      name: source.source,
      status: source.status,
      what: `${user}@${host}:${port}/${database}`,
      lines: facts(source),
    };
  });
  if (logs) {
    const free = logs.freeBytes === null ? '' : `, ${formatBytes(logs.freeBytes)} free`;
    const lines = logs.message === undefined ? [] : [logs.message];
    entries.push({ name: 'logs', status: logs.status, what: `${logs.dir}${free}`, lines });
  }
  return entries
    .sort((a, b) => WORST_FIRST.indexOf(a.status) - WORST_FIRST.indexOf(b.status))
    .flatMap(({ name, status, what, lines }) => [
      `${name}: ${paint(status, STYLES[status], color)}  ${escapeControls(what)}`,
      ...lines.map((line) => `  ${escapeControls(line)}`),
    ]);
}

function standbyWords({ standby }: SourceHealth): string {
  const seconds = standby?.behindSeconds?.toFixed(1);
  if (seconds === undefined) return 'standby';
  return standby?.streaming
    ? `standby, ${seconds} s behind`
    : `standby, NOT STREAMING from its primary, last change applied ${seconds} s ago`;
}

/** What is wrong and how to mend it, then how things are. */
function facts(source: SourceHealth): string[] {
  return [
    ...(source.failure ? [source.failure.message] : []),
    ...breakerWords(source),
    ...privilegeWords(source),
    ...(source.connections?.left === 0 ? ['no connection is left for this role; close some, or raise its limit'] : []),
    ...serverWords(source),
    ...connectionWords(source),
    ...replicationWords(source),
  ];
}

function breakerWords({ breaker }: SourceHealth): string[] {
  if (!breaker || breaker.state === 'closed') return [];
  const { command, pid, failures, openForMs, retryInMs, cause } = breaker;
  const next = breaker.state === 'open' ? `next try in ${formatDuration(retryInMs)}` : 'a try is under way';
  return [
    `"${command}" (process ${pid}) leaves it alone: its circuit breaker opened ${formatDuration(openForMs)} ago after ${formatCount(failures, 'failed connection')} in a row${cause ? ` (${cause.message})` : ''}; ${next}`,
  ];
}

function privilegeWords({ source, privileges }: SourceHealth): string[] {
  if (!privileges || privileges.grants.length === 0) return [];
  const what =
    source === 'metadata' ? 'the history cannot be kept' : `${formatCount(privileges.tables, 'table')} cannot be read`;
  return [`${what}; to mend it:`, ...privileges.grants.map((grant) => `  ${grant}`)];
}

function serverWords(source: SourceHealth): string[] {
  if (source.version === null) return [];
  const words = [
    `Postgres ${source.version}${source.inRecovery ? ` (${standbyWords(source)})` : ''}`,
    `latency ${source.latencyMs?.toFixed(1)} ms`,
    source.tls ? 'TLS in use' : 'no TLS',
    ...(source.pooler ? [`behind a pooler (${source.pooler} mode)`] : []),
  ];
  return [words.join(', ')];
}

function connectionWords({ connections, pool }: SourceHealth): string[] {
  const lines: string[] = [];
  if (connections)
    lines.push(`connections: ${connections.used} of ${connections.max} in use, ${connections.left} left for this role`);
  if (pool) {
    const { open, idle, waiting, ceiling, processes } = pool;
    const most = ceiling === null ? '' : ` of at most ${ceiling}`;
    const running = processes === 1 ? 'a running process' : `${processes} running processes`;
    lines.push(`pool of ${running}: ${open}${most} open, ${idle} idle, ${formatCount(waiting, 'request')} waiting`);
  }
  return lines;
}

function replicationWords({ slots, lags, monitoringGrant }: SourceHealth): string[] {
  return [
    ...(slots ?? []).map(({ name, active, walStatus, retainedBytes }) => {
      const status = walStatus === null || walStatus === 'reserved' ? '' : `, wal_status ${walStatus}`;
      const retains = retainedBytes === null ? '' : `, retains ${formatBytes(retainedBytes)} of WAL`;
      return `replication slot ${name}: ${active ? 'active' : 'INACTIVE'}${status}${retains}`;
    }),
    ...(lags ?? []).map(lagWords),
    ...(monitoringGrant === null
      ? []
      : [`some of replication is hidden from this role; to see it: ${monitoringGrant}`]),
  ];
}

function lagWords(lag: Lag): string {
  return lag.kind === 'slot'
    ? `reader of replication slot ${lag.name}: ${formatBytes(lag.behindBytes)} behind`
    : `replica ${lag.name}: ${formatDuration(lag.behindMs)} behind`;
}
