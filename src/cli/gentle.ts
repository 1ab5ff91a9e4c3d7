import { constants, setPriority } from 'node:os';
import type { Config } from '#src/config/config.js';

/** What `--gentle` asks for; measured by `npm run bench -- impact`. */
export const GENTLE = {
  /** Of each source a server process works for so much of the time. */
  share: 0.05,
  /** A reader, a snapshot that is held for a moment, and one to look at replication. */
  maxConnections: 3,
  /** Read in well under a second of work, under a snapshot of its own. */
  chunkBytes: 8 * 1024 ** 2,
} as const;

/** The configuration of a run that spares the databases, where it asks for that. */
export function withGentle(config: Config, options: { readonly gentle?: boolean }): Config {
  if (!config.gentle && !options.gentle) return config;
  const { maxConnections, chunkBytes } = GENTLE;
  return {
    ...config,
    gentle: true,
    // A thread for each source: none waits while another rests.
    workers: config.sources.length,
    maxConnections: Math.min(config.maxConnections ?? maxConnections, maxConnections),
    profile: { ...config.profile, chunkMinBytes: chunkBytes },
  };
}

/**
 * Spare this machine, too, for databases on it. Threads that start later have the same priority. Nobody but root can take it back, so
 * it is for a process that is that one run.
 */
export function lowerPriority({ gentle }: Pick<Config, 'gentle'>): void {
  if (!gentle) return;
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Where the system does not allow it the rests still do their part.
  }
}
