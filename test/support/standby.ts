import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { type EmbeddedServer, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { newDataFolder } from './data-folders.js';
import { TEST_PACKAGE } from './start-server.js';

export interface ReplicatedServers {
  readonly primary: EmbeddedServer;
  readonly standby: EmbeddedServer;
  /** A superuser's connection; ended by `stop`. */
  client(server: EmbeddedServer): Promise<pg.Client>;
  /** As a source or store of the program: `environment('BATCH_DB', primary)`. */
  environment(prefix: string, server: EmbeddedServer): Record<string, string>;
  stop(): Promise<void>;
}

const OWNER = { user: 'owner', password: 'secret', database: 'postgres' };
const FAST = { fsync: 'off', full_page_writes: 'off', wal_level: 'logical' };
/** A replica that tells where it is ten times a second, and applies whatever queries that conflict. */
const EAGER = { wal_receiver_status_interval: '1s', max_standby_streaming_delay: '0' };

/** A primary and a hot standby that streams from it as the replica `twin`, both of the caller's own. */
export async function startReplicatedServers(): Promise<ReplicatedServers> {
  const folder = newDataFolder();
  const servers: EmbeddedServer[] = [];
  const clients: pg.Client[] = [];
  const start = async (name: string, parameters: Record<string, string>) => {
    const { user, password } = OWNER;
    const dataDir = join(folder, name);
    const server = await startEmbeddedServer({
      ...TEST_PACKAGE,
      dataDir,
      user,
      password,
      parameters: { ...FAST, ...parameters },
    });
    servers.push(server);
    return server;
  };
  // A copy of a data folder whose server was stopped cleanly is a base backup.
  const first = await start('primary', {});
  await first.stop();
  execFileSync('cp', ['-a', first.dataDir, join(folder, 'standby')]);
  writeFileSync(join(folder, 'standby', 'standby.signal'), '');
  const primary = await start('primary', {});
  const login = `host=${primary.host} port=${primary.port} user=${OWNER.user} password=${OWNER.password}`;
  const standby = await start('standby', { ...EAGER, primary_conninfo: `${login} application_name=twin` });
  return {
    primary,
    standby,
    async client({ host, port }) {
      const client = new pg.Client({ ...OWNER, host, port });
      client.on('error', () => {}); // its server is stopped under it
      await client.connect();
      clients.push(client);
      return client;
    },
    environment: (prefix, { host, port }) => ({
      [`${prefix}_HOST`]: host,
      [`${prefix}_PORT`]: String(port),
      [`${prefix}_NAME`]: OWNER.database,
      [`${prefix}_USER`]: OWNER.user,
      [`${prefix}_PASSWORD`]: OWNER.password,
      [`${prefix}_SSLMODE`]: 'disable',
    }),
    async stop() {
      await Promise.all(clients.map((client) => client.end()));
      await Promise.all(servers.map((server) => server.stop('immediate')));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
