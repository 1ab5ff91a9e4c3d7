import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { type ServerAddress, type StartedServer, startServer } from './start-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The run's Postgres, see `postgres.ts`. */
    postgres: ServerAddress;
    /** File with the names of databases that outlive the run, a line each. */
    keptDatabases: string;
  }
}

interface Shared {
  readonly server: Promise<StartedServer>;
  readonly folder: string;
  users: number;
}

// each project loads this file anew, and all of them share one server
const holder = globalThis as { sentinelTestPostgres?: Shared | undefined };

/** One server for all test files of a run; a database that a failed test file used is kept with it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shared = (holder.sentinelTestPostgres ??= {
    server: startServer(),
    folder: mkdtempSync(join(tmpdir(), 'sentinel-test-run-')),
    users: 0,
  });
  shared.users++;
  const { host, port, user, password, kind, versionNum } = await shared.server;
  const keptDatabases = join(shared.folder, 'kept');
  project.provide('postgres', { host, port, user, password, kind, versionNum });
  project.provide('keptDatabases', keptDatabases);
  return async () => {
    if (--shared.users > 0) return;
    holder.sentinelTestPostgres = undefined;
    const kept = existsSync(keptDatabases) ? readFileSync(keptDatabases, 'utf8').trim().split('\n') : [];
    const server = await shared.server;
    await server.stop({ keep: kept.length > 0 });
    rmSync(shared.folder, { recursive: true, force: true });
    if (kept.length > 0) console.error(`Kept for a look (a test failed): ${kept.join(', ')}. ${server.whereKept}`);
  };
}
