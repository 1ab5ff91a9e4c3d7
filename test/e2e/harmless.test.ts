import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { runCli, startCli } from '../support/cli.js';
import { newDataFolder } from '../support/data-folders.js';
import { CHUNKED, loadManyTables } from '../support/many-tables.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { linesOf, settings, tableNames, workFolder } from '../support/program.js';

let batch: TestDatabase;
let cdc: TestDatabase;
let store: TestDatabase;
let observer: pg.Client;

beforeAll(async () => {
  const server = await testServer();
  [batch, cdc, store] = [await server.createDatabase(), await server.createDatabase(), await server.createDatabase()];
  observer = await batch.client();
  await loadManyTables(observer, 20);
  await loadManyTables(await cdc.client(), 20);
});

const inStore = () => store.environment('METADATA_DB');

interface Session {
  readonly database: string;
  readonly name: string;
}

/** Our sessions in the two sources. */
async function sessions(more = ''): Promise<Session[]> {
  const { rows } = await observer.query<Session>(
    `SELECT datname AS database, application_name AS name FROM pg_stat_activity
     WHERE datname = ANY ($1) AND application_name LIKE 'sentinel/%' ${more}`,
    [[batch.name, cdc.name]],
  );
  return rows;
}

describe.each([1, 3])('with at most %i connections to each of two sources, and more workers and overflow', (most) => {
  test('no sample of the servers shows more', async () => {
    const env = settings(
      { batch, cdc },
      {
        ...CHUNKED,
        ...inStore(),
        CONCURRENT_WORKERS: '6',
        DB_MAX_CONNECTIONS: String(most),
        DB_POOL_SIZE: '1',
        DB_MAX_OVERFLOW: '5',
      },
    );
    const run = startCli(['run', '--json'], { cwd: workFolder(), env });
    let going = true;
    void run.ended.then(() => {
      going = false;
    });
    const mostSeen = new Map<string, number>();
    const names = new Set<string>();
    while (going) {
      await sleep(3);
      const open = await sessions();
      for (const { name } of open) names.add(name);
      for (const { name } of [batch, cdc]) {
        const count = open.filter(({ database }) => database === name).length;
        mostSeen.set(name, Math.max(mostSeen.get(name) ?? 0, count));
      }
    }
    const { code, stdout } = await run.ended;
    expect(code).toBe(0);
    expect(tableNames(stdout)).toHaveLength(42);
    expect(linesOf(stdout, 'summary')[0]!.connectionsMax).toBeLessThanOrEqual(most);
    for (const [name, seen] of mostSeen) {
      expect(seen, name).toBeGreaterThan(0);
      expect(seen, name).toBeLessThanOrEqual(most);
    }
    for (const name of names) expect(name).toMatch(/^sentinel\/(orchestrator\/main|profiler\/worker-\d+)$/);
    expect(await sessions()).toEqual([]);
  });
});

describe('a process that is killed leaves nothing on the server', () => {
  const env = () => settings({ batch }, { ...inStore(), LOCK_TIMEOUT: '300' });
  const killed = async (waiting: string) => {
    const run = startCli(['run'], { cwd: workFolder(), env: env() });
    while ((await sessions(waiting)).length === 0) await sleep(20);
    await run.kill('SIGKILL');
    while ((await sessions()).length > 0) await sleep(50);
  };

  test('in a statement that would take an hour', async () => {
    await observer.query('CREATE VIEW slow AS SELECT pg_sleep(3600)::text AS x');
    await killed(`AND wait_event = 'PgSleep'`);
    await observer.query('DROP VIEW slow');
  });

  test('waiting for a lock', async () => {
    const locker = await batch.client();
    await locker.query('BEGIN; LOCK TABLE small_007 IN ACCESS EXCLUSIVE MODE');
    await killed(`AND wait_event_type = 'Lock'`);
    await locker.query('ROLLBACK');
  });
});

describe('on every connection of every command', () => {
  const data = newDataFolder();
  let server: EmbeddedServer;

  beforeAll(async () => {
    server = await startEmbeddedServer({
      dataDir: join(data, 'data'),
      user: 'owner',
      password: 'secret',
      parameters: { fsync: 'off', log_statement: 'all', log_line_prefix: '\u0001%c\u0002%a\u0002' },
    });
    const client = new pg.Client({ ...address(), application_name: 'test' });
    await client.connect();
    await loadManyTables(client, 5);
    await client.query(
      'CREATE VIEW looking AS SELECT * FROM big; CREATE MATERIALIZED VIEW kept AS SELECT * FROM small_001',
    );
    await client.end();
  });
  afterAll(async () => {
    await server.stop('immediate');
    rmSync(data, { recursive: true, force: true });
  });
  const address = () => ({
    host: server.host,
    port: server.port,
    user: 'owner',
    password: 'secret',
    database: 'postgres',
  });

  /** What each session of ours sent, in order. */
  const statements = () => {
    const sent = new Map<string, { readonly name: string; readonly texts: string[] }>();
    for (const record of readFileSync(join(server.dataDir, 'server.log'), 'utf8').split('\u0001')) {
      const [session = '', name = '', text = ''] = record.split('\u0002');
      const statement = /^LOG: {2}(?:statement|execute [^:]*): (.*)$/s.exec(text)?.[1];
      if (!name.startsWith('sentinel/') || statement === undefined) continue;
      if (!sent.has(session)) sent.set(session, { name, texts: [] });
      sent.get(session)!.texts.push(statement.trim());
    }
    return [...sent.values()];
  };

  test('every statement runs in a guarded transaction, read-only but for the store', async () => {
    const { host, port, user, password, database } = address();
    const env = {
      SENTINEL_SOURCES: 'batch',
      BATCH_DB_HOST: host,
      BATCH_DB_PORT: String(port),
      BATCH_DB_NAME: database,
      BATCH_DB_USER: user,
      BATCH_DB_PASSWORD: password,
      ...CHUNKED,
    };
    const cwd = workFolder();
    for (const args of ['run', 'profile', 'detect', 'tables', 'health', 'incidents', 'report'])
      expect([args, (await runCli([args], { cwd, env })).code]).toEqual([args, 0]);
    expect((await runCli(['history', 'big'], { cwd, env })).code).toBe(0);

    const sessions = statements();
    const components = new Set(sessions.map(({ name }) => name.replace(/\d+$/, 'N')));
    expect([...components].sort()).toEqual([
      'sentinel/health/main',
      'sentinel/orchestrator/main',
      'sentinel/profiler/worker-N',
      'sentinel/store/reader',
      'sentinel/store/writer',
    ]);
    const unguarded: string[] = [];
    for (const { name, texts } of sessions) {
      let isOpen = false;
      for (const text of texts) {
        if (/^BEGIN\b/.test(text)) {
          if (isOpen || !isGuarded(text, name)) unguarded.push(`${name}: ${text}`);
          isOpen = !/ROLLBACK$/.test(text);
        } else if (/^(COMMIT|ROLLBACK)$/.test(text)) isOpen = false;
        else if (!isOpen && text !== '') unguarded.push(`${name}: ${text}`);
      }
    }
    expect(unguarded).toEqual([]);
  });

  function isGuarded(begin: string, name: string): boolean {
    // Asks the server whether it can watch over its client, and does nothing else.
    if (/^BEGIN READ ONLY; SET LOCAL client_connection_check_interval = \d+; ROLLBACK$/.test(begin)) return true;
    const limits = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
    const isLimited = limits.every((limit) => new RegExp(`SET LOCAL ${limit} = '?[1-9]`).test(begin));
    return isLimited && (name.startsWith('sentinel/store/') || /^BEGIN ISOLATION LEVEL [A-Z ]+ READ ONLY;/.test(begin));
  }
});
