import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { reachableDataDir } from '#src/adapters/embedded/data-dir.js';
import { startEmbeddedServer } from '#src/adapters/embedded/server.js';
import type { ConnectionSettings } from '#src/contract/connection.js';

export interface BenchServer {
  readonly connection: ConnectionSettings;
  readonly version: string;
  client(): Promise<pg.Client>;
  stop(): Promise<void>;
}

/** A Postgres of this benchmark's own, without fsync: only reading is measured. Removed afterwards. */
export async function startBenchServer(name: string, parameters: Record<string, string> = {}): Promise<BenchServer> {
  const { path: dataDir } = reachableDataDir(join(process.cwd(), '.sentinel', 'bench', name));
  rmSync(dataDir, { recursive: true, force: true });
  const server = await startEmbeddedServer({
    dataDir,
    user: 'postgres',
    password: 'bench-only',
    parameters: {
      fsync: 'off',
      full_page_writes: 'off',
      synchronous_commit: 'off',
      max_wal_size: '4GB',
      shared_buffers: '256MB',
      maintenance_work_mem: '256MB',
      ...parameters,
    },
  });
  const { host, port, user, password } = server;
  const client = async () => {
    const opened = new pg.Client({ host, port, user, password, database: 'postgres' });
    await opened.connect();
    return opened;
  };
  const one = await client();
  const { rows } = await one.query<{ version: string }>(`SELECT current_setting('server_version') AS version`);
  await one.end();
  return {
    connection: {
      name: 'batch',
      envPrefix: 'BATCH_DB',
      host,
      port,
      database: 'postgres',
      user,
      password,
      sslMode: 'disable',
    },
    version: rows[0]!.version,
    client,
    async stop() {
      await server.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
