import { rmSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { keepDataFolder, newDataFolder } from './data-folders.js';
import { imageIsLocal } from './docker.js';

export type ServerKind = 'containers' | 'embedded';

export interface ServerAddress {
  readonly kind: ServerKind;
  readonly host: string;
  readonly port: number;
  /** A superuser. */
  readonly user: string;
  readonly password: string;
  /** `server_version_num`. */
  readonly versionNum: number;
}

export interface StartedServer extends ServerAddress {
  /** `keep` leaves the data for a look. */
  stop(options: { keep: boolean }): Promise<void>;
  /** One line for a person: how to get at what was kept. */
  readonly whereKept: string;
}

export interface StartOptions {
  readonly kind?: ServerKind;
  readonly parameters?: Readonly<Record<string, string>>;
}

const IMAGE = process.env.TEST_POSTGRES_IMAGE ?? 'postgres:18-alpine';
const USER = 'sentinel_test';
const PASSWORD = "t3st:p@ss/w'rd";

/** Spread into the options of an embedded server: `npm run test:versions` names the package of each version here. */
export const TEST_PACKAGE: { readonly packageDir?: string } = process.env.TEST_POSTGRES_PACKAGE
  ? { packageDir: process.env.TEST_POSTGRES_PACKAGE }
  : {};

/** Nothing in a test outlives a crash of the machine. */
const FAST = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '200' };

export async function startServer(options: StartOptions = {}): Promise<StartedServer> {
  const kind = options.kind ?? (await chosenKind());
  const parameters = { ...FAST, ...options.parameters };
  return kind === 'containers' ? startContainer(parameters) : startEmbedded(parameters);
}

async function chosenKind(): Promise<ServerKind> {
  const wanted = process.env.TEST_POSTGRES;
  if (wanted === 'containers' || wanted === 'embedded') return wanted;
  if (wanted) throw new Error(`TEST_POSTGRES is "${wanted}"; allowed are "containers" and "embedded"`);
  return (await imageIsLocal(IMAGE)) ? 'containers' : 'embedded';
}

async function startEmbedded(parameters: Record<string, string>): Promise<StartedServer> {
  const folder = newDataFolder();
  const dataDir = join(folder, 'data');
  try {
    const server = await startEmbeddedServer({ ...TEST_PACKAGE, dataDir, user: USER, password: PASSWORD, parameters });
    return {
      kind: 'embedded',
      host: server.host,
      port: server.port,
      user: USER,
      password: PASSWORD,
      versionNum: await versionOf(server.host, server.port),
      whereKept: `The data folder is ${dataDir}; ${folder} is removed after a day.`,
      async stop({ keep }) {
        await server.stop(keep ? 'fast' : 'immediate');
        if (keep) keepDataFolder(folder);
        else rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

async function versionOf(host: string, port: number): Promise<number> {
  const client = new pg.Client({ host, port, user: USER, password: PASSWORD, database: 'postgres' });
  await client.connect();
  const { rows } = await client.query<{ n: number }>("SELECT current_setting('server_version_num')::int AS n");
  await client.end();
  return rows[0]!.n;
}

/**
 * `TEST_POSTGRES_NETWORK=host` puts the container on this machine's network, for engines without a bridge: then it
 * chooses its port itself, which is not what `PostgreSqlContainer` is made for.
 */
async function startContainer(parameters: Record<string, string>): Promise<StartedServer> {
  // the container is stopped here; the reaper would be one more image to have
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';
  const settings = Object.entries(parameters).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const { container, port } =
    process.env.TEST_POSTGRES_NETWORK === 'host' ? await onHost(settings) : await bridged(settings);
  return {
    kind: 'containers',
    host: container.getHost(),
    port,
    user: USER,
    password: PASSWORD,
    versionNum: await versionOf(container.getHost(), port),
    whereKept: `Container ${container.getName()} still runs on port ${port}; remove it when done.`,
    stop: async ({ keep }) => {
      if (!keep) await container.stop({ timeout: 0 });
    },
  };
}

async function bridged(settings: string[]) {
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const container = await new PostgreSqlContainer(IMAGE)
    .withUsername(USER)
    .withPassword(PASSWORD)
    .withCommand(['postgres', ...settings])
    // the module's own check passes the password through a shell
    .withHealthCheck(healthCheck(5432))
    .start();
  return { container, port: container.getPort() };
}

async function onHost(settings: string[]) {
  const { GenericContainer, Wait } = await import('testcontainers');
  const port = await freePort();
  const container = await new GenericContainer(IMAGE)
    .withNetworkMode('host')
    .withEnvironment({ POSTGRES_USER: USER, POSTGRES_PASSWORD: PASSWORD })
    .withCommand(['postgres', '-p', String(port), '-c', 'listen_addresses=127.0.0.1', ...settings])
    .withHealthCheck(healthCheck(port))
    .withWaitStrategy(Wait.forHealthCheck())
    .start();
  return { container, port };
}

/** Over TCP: while the image prepares its data folder, a server answers on the socket only. */
function healthCheck(port: number) {
  const test: ['CMD-SHELL', string] = ['CMD-SHELL', `pg_isready --host 127.0.0.1 --port ${port}`];
  return { test, interval: 250, timeout: 1_000, retries: 1_000 };
}
