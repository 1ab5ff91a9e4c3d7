import type { ConnectionSettings, Guards } from '#src/contract/connection.js';
import { checkLogRoom, type LogRoom } from '../logging/log-room.js';
import { readStates } from '../process-state.js';
import { checkSource, HEALTH_LIMIT_MS, type HealthOptions, type HealthStatus, type SourceHealth } from './health.js';

export interface HealthReport {
  /** The worst of the sources and the logs. */
  readonly status: HealthStatus;
  /** When it was made, ISO 8601 UTC. */
  readonly at: string;
  /** In the order of the settings; the metadata store, where it is asked about, comes last as `metadata`. */
  readonly sources: readonly SourceHealth[];
  /** Null where no log folder is named. */
  readonly logs: LogRoom | null;
}

export interface DatabaseManager {
  /** Every source at the same time, each within two seconds; never rejects for a source that is down. */
  healthCheck(): Promise<HealthReport>;
  /** Wait for checks that run; later ones are refused. */
  end(): Promise<void>;
}

export interface DatabaseManagerConfig extends HealthOptions {
  readonly sources: readonly ConnectionSettings[];
  readonly guards: Guards;
  /** Where the history is kept. */
  readonly metadata?: { readonly connection: ConnectionSettings; readonly schema: string };
  readonly logs?: { readonly dir: string; readonly maxBytes: number };
  /** Where running processes tell of themselves; absent: only this one is asked. */
  readonly stateDir?: string;
}

const SEVERITY: readonly HealthStatus[] = ['ok', 'degraded', 'down'];

/** The public view of the sources' databases; opens connections only while a check runs, and sees the pools and breakers that run. */
export function getDatabaseManager(config: DatabaseManagerConfig): DatabaseManager {
  const running = new Set<Promise<unknown>>();
  let ended = false;
  return {
    async healthCheck() {
      if (ended) throw new Error('the database manager is closed; call getDatabaseManager() again');
      const checks = check(config);
      running.add(checks);
      return checks.finally(() => running.delete(checks));
    },
    async end() {
      ended = true;
      await Promise.all(running);
    },
  };
}

async function check(config: DatabaseManagerConfig): Promise<HealthReport> {
  const { sources, guards, metadata, logs, stateDir, limitMs = HEALTH_LIMIT_MS } = config;
  const processes = readStates(stateDir ?? null, limitMs);
  const options = { ...config, processes };
  const checks = sources.map((source) => checkSource(source, guards, options));
  if (metadata) checks.push(checkSource(metadata.connection, guards, { ...options, storeSchema: metadata.schema }));
  const [found, room] = await Promise.all([Promise.all(checks), logs ? checkLogRoom(logs, limitMs) : null]);
  const statuses = [...found.map(({ status }) => status), ...(room ? [room.status] : [])];
  const worst = Math.max(0, ...statuses.map((status) => SEVERITY.indexOf(status)));
  return { status: SEVERITY[worst]!, at: new Date().toISOString(), sources: found, logs: room };
}
