import { getDatabaseManager, type HealthReport } from '#src/adapters/postgres/database-manager.js';
import type { SourceHealth } from '#src/adapters/postgres/health.js';
import { EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { formatBytes, formatCount } from '../render/format.js';
import { selectSources } from '../selection.js';

/** Check every source at the same time, within seconds whatever they do. Exit 2 where one is not as it should be. */
export async function healthCommand(options: { source?: string[]; json?: boolean }, io: Io): Promise<number> {
  const config = loadSettings(io);
  const sources = selectSources(config, options.source);
  const excludeSchemas = [config.metadata.schema];
  const report = await getDatabaseManager({ sources, guards: config.guards, excludeSchemas }).healthCheck();
  if (options.json) for (const source of report.sources) writeJson(io, { type: 'health', ...source });
  else for (const line of describe(report)) writeLine(io.stdout, line);
  return report.status === 'ok' ? EXIT.ok : EXIT.incomplete;
}

function describe(report: HealthReport): string[] {
  return report.sources.flatMap((source) => [
    `${source.source}: ${source.status}  ${source.user}@${source.host}:${source.port}/${source.database}`,
    ...facts(source).map((fact) => `  ${fact}`),
  ]);
}

function standbyWords({ standby }: SourceHealth): string {
  const seconds = standby?.behindSeconds?.toFixed(1);
  if (seconds === undefined) return 'standby';
  return standby?.streaming
    ? `standby, ${seconds} s behind`
    : `standby, NOT STREAMING from its primary, last change applied ${seconds} s ago`;
}

function facts(source: SourceHealth): string[] {
  const lines: string[] = [];
  if (source.failure) lines.push(source.failure.message);
  if (source.version !== null)
    lines.push(
      [
        `Postgres ${source.version}${source.inRecovery ? ` (${standbyWords(source)})` : ''}`,
        `latency ${source.latencyMs?.toFixed(1)} ms`,
        source.tls ? 'TLS in use' : 'no TLS',
        ...(source.pooler ? [`behind a pooler (${source.pooler} mode)`] : []),
      ].join(', '),
    );
  if (source.connections)
    lines.push(
      `connections: ${source.connections.used} of ${source.connections.max} in use, ${source.connections.left} left for this role`,
    );
  if (source.privileges && source.privileges.tables > 0) {
    lines.push(`${formatCount(source.privileges.tables, 'table')} cannot be read; to mend it:`);
    lines.push(...source.privileges.grants.map((grant) => `  ${grant}`));
  }
  for (const slot of source.slots ?? [])
    lines.push(
      `replication slot ${slot.name}: ${slot.active ? 'active' : 'INACTIVE'}${slot.retainedBytes === null ? '' : `, retains ${formatBytes(slot.retainedBytes)} of WAL`}`,
    );
  return lines;
}
