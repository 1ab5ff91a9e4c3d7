import type { ConnectionSettings, Guards } from '#src/contract/connection.js';
import { checkSource, type HealthOptions, type HealthStatus, type SourceHealth } from './health.js';

export interface HealthReport {
  /** The worst of the sources. */
  readonly status: HealthStatus;
  /** When it was made, ISO 8601 UTC. */
  readonly at: string;
  readonly sources: readonly SourceHealth[];
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
}

const SEVERITY: readonly HealthStatus[] = ['ok', 'degraded', 'down'];

/** The public view of the sources' databases; opens connections only while a check runs. */
export function getDatabaseManager(config: DatabaseManagerConfig): DatabaseManager {
  const running = new Set<Promise<unknown>>();
  let ended = false;
  return {
    async healthCheck() {
      if (ended) throw new Error('the database manager is closed; call getDatabaseManager() again');
      const checks = Promise.all(config.sources.map((source) => checkSource(source, config.guards, config)));
      running.add(checks);
      const sources = await checks.finally(() => running.delete(checks));
      const worst = Math.max(0, ...sources.map(({ status }) => SEVERITY.indexOf(status)));
      return { status: SEVERITY[worst]!, at: new Date().toISOString(), sources };
    },
    async end() {
      ended = true;
      await Promise.all(running);
    },
  };
}
