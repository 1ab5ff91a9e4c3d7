import { storeAddress } from '#src/adapters/audit-log/line.js';
import { type AuditLogSettings, mirrorTrail } from '#src/adapters/audit-log/mirror.js';
import type { Store } from '#src/adapters/store/store.js';
import type { Config } from '#src/config/config.js';
import { type Io, writeLine } from './io.js';

export function auditLogSettings({ logs, metadata }: Pick<Config, 'logs' | 'metadata'>): AuditLogSettings {
  return { dir: logs.dir, store: storeAddress(metadata.connection, metadata.schema) };
}

/** Who is told what is wrong with `audit.log`. */
export interface AuditLogReport {
  warn(message: string): void;
  /** It could not be written. */
  problem(error: Error): void;
}

/** For commands that keep no log: both go to stderr. */
export function reportOn({ stderr }: Io, { logs }: Config): AuditLogReport {
  return {
    warn: (message) => writeLine(stderr, message),
    problem: ({ message }) =>
      writeLine(
        stderr,
        `audit.log in ${logs.dir} could not be written (${message}); the next run writes what is missing`,
      ),
  };
}

/** Bring `audit.log` up to the trail. It never rejects: the trail itself is in the store, and the next run writes what is missing. */
export async function writeAuditLog(store: Store, config: Config, report: AuditLogReport): Promise<void> {
  const settings = auditLogSettings(config);
  try {
    const unknown = await mirrorTrail(store, settings);
    if (unknown !== null)
      report.warn(
        `audit.log in ${settings.dir} ends with event ${unknown}, which is not in the store; "sentinel audit verify" says more`,
      );
  } catch (error) {
    report.problem(error as Error);
  }
}
