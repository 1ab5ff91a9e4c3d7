import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type EmbeddedServer, freePort, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { type CliResult, type RunningCli, runCli, startCli } from '../support/cli.js';
import { newDataFolder } from '../support/data-folders.js';
import { type TableGate, tableGate } from '../support/held-run.js';
import { CHUNKED, loadManyTables } from '../support/many-tables.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { filesOf, findingNames, linesOf, secludedFolder, settings, tableNames } from '../support/program.js';
import { type StoreContent, storeContent } from '../support/store-content.js';

const SMALL = 24;
const TABLES = SMALL + 1;
/** The tables at which the two workers are held; of the same size, so that they are in two batches with others around them. */
const [FIRST, SECOND] = ['small_009', 'small_010'];
const RUN = ['run', '--json', '--as-of', '2026-11-03'];

const folder = newDataFolder();
let source: TestDatabase;
let gate: TableGate;
/** The store's own server, to be stopped and started. */
let server: EmbeddedServer;
let port: number;
/** What an undisturbed run says, and leaves. */
let calm: { readonly result: CliResult; readonly content: StoreContent };

beforeAll(async () => {
  source = await (await testServer()).createDatabase();
  const owner = await source.client();
  await loadManyTables(owner, SMALL);
  gate = await tableGate(source);
  port = await freePort();
  await startStore();
  await sql('postgres', 'CREATE DATABASE base');
  const first = await runCli(['run', '--json', '--as-of', '2026-11-02'], {
    cwd: secludedFolder(),
    env: environment('base'),
  });
  expect(first.code).toBe(0);
  await owner.query('DELETE FROM small_020; ALTER TABLE small_021 DROP COLUMN name');
  const { name, run } = await newStore();
  calm = { result: await run(), content: await contentOf(name) };
  expect(calm.result.code).toBe(1);
  expect(findingNames(calm.result.stdout).length).toBeGreaterThan(1);
});

afterAll(async () => {
  await server.stop('immediate');
  rmSync(folder, { recursive: true, force: true });
});

async function startStore(): Promise<void> {
  const parameters = { fsync: 'off', full_page_writes: 'off' };
  server = await startEmbeddedServer({
    dataDir: join(folder, 'data'),
    user: 'keeper',
    password: 'k33per',
    port,
    parameters,
  });
}

async function withClient<T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ host: '127.0.0.1', port, user: 'keeper', password: 'k33per', database });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const sql = (database: string, text: string) => withClient(database, (client) => client.query(text));
const contentOf = (database: string) => withClient(database, (client) => storeContent(client));

function environment(database: string): Record<string, string> {
  const login = {
    HOST: '127.0.0.1',
    PORT: String(port),
    NAME: database,
    USER: 'keeper',
    PASSWORD: 'k33per',
    SSLMODE: 'disable',
  };
  const store = Object.fromEntries(Object.entries(login).map(([name, value]) => [`METADATA_DB_${name}`, value]));
  return settings({ batch: source }, { ...CHUNKED, LOCK_TIMEOUT: '300', ...store });
}

let stores = 0;

/** A store with one run in it, and the program on it. */
async function newStore(more = '') {
  const name = `store_${++stores}`;
  await sql('postgres', `CREATE DATABASE ${name} TEMPLATE base ${more}`);
  // Without it, sequences of a copy forget in a crash what they gave away since: nextval() takes them for logged.
  await sql('postgres', 'CHECKPOINT');
  const cwd = secludedFolder();
  const env = environment(name);
  return {
    name,
    cwd,
    run: (args: readonly string[] = RUN) => runCli(args, { cwd, env }),
    /** Starts a run, disturbs it when both workers are held, and lets one go on; resolves when `after` is true of it. */
    async disturbed(disturb: () => Promise<unknown>, after: (running: RunningCli) => boolean = () => true) {
      await gate.close(FIRST, SECOND);
      const running = startCli(RUN, { cwd, env });
      await gate.reached(running, 3);
      await disturb();
      await gate.open(SECOND);
      while (!after(running)) await sleep(10);
      return running;
    },
    spools: () => Object.keys(spoolsOf(cwd)),
  };
}

const spoolsOf = (cwd: string) => {
  mkdirSync(join(cwd, '.sentinel'), { recursive: true });
  const files = filesOf(join(cwd, '.sentinel'));
  // Beside it a running process tells others of its state.
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('spool/')));
};

const summaryOf = ({ stdout }: CliResult) => linesOf(stdout, 'summary')[0]!;

/** The run went on without its store, acknowledged every table, and said what is where. */
function expectLost(result: CliResult, cwd: string): string {
  expect(result.code).toBe(2);
  expect(tableNames(result.stdout)).toHaveLength(TABLES);
  const summary = summaryOf(result);
  expect(summary).toMatchObject({ incomplete: true, tables: { ok: TABLES, failed: 0 }, findings: 0 });
  expect(summary.spooled).toBeGreaterThan(1);
  const [path = ''] = Object.keys(spoolsOf(cwd));
  expect(path).toMatch(new RegExp(`^spool/[0-9a-f-]{36}/${summary.run}\\.spool$`));
  const file = join(cwd, '.sentinel', path);
  expect(result.stderr).toContain(
    `Nothing is lost: the figures of ${summary.spooled} tables that the store could not take, not judged yet, are kept in ${file}. ` +
      `The next run here that reaches the store puts them there, then goes on with run ${summary.run} (by itself within the hour, later with --resume).\n`,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(file, '..')).mode & 0o777).toBe(0o700);
  return file;
}

/** The next run made of it what an undisturbed run makes. */
async function expectMended(result: CliResult, store: { readonly name: string }): Promise<void> {
  expect(result.code).toBe(calm.result.code);
  expect(findingNames(result.stdout)).toEqual(findingNames(calm.result.stdout));
  expect(await contentOf(store.name)).toEqual(calm.content);
}

test('a store that is lost in the middle gets everything from the next run', async () => {
  const store = await newStore();
  const running = await store.disturbed(() => server.stop('immediate'));
  await gate.open();
  const lost = await running.ended;
  expectLost(lost, store.cwd);
  expect(lost.stderr).toContain('the metadata store is away: results wait in the spool, the run goes on');

  const away = await store.run();
  expect(away.code).toBe(3);
  expect(store.spools()).toHaveLength(1);

  await startStore();
  const next = await store.run();
  const { run, spooled } = summaryOf(lost);
  const [stored, goingOn, ...rest] = next.stderr.split('\n');
  expect(stored).toBe(`stored ${spooled} tables of run ${run} that waited in .sentinel/spool`);
  expect(goingOn).toContain(`going on with run ${run}, which ended without a word`);
  expect(rest).toEqual(['']);
  expect(summaryOf(next)).toMatchObject({ run, resumed: TABLES, spooled: 0, incomplete: false });
  await expectMended(next, store);
  expect(store.spools()).toEqual([]);
});

test('a store that is back before the end is as if it had never been away', async () => {
  const store = await newStore();
  const running = await store.disturbed(
    () => server.stop('immediate'),
    (held) => held.said().stderr.includes('store is away'),
  );
  await startStore();
  await gate.open();
  const result = await running.ended;
  expect(result.stderr).toContain('the metadata store is back: what waited is stored');
  expect(summaryOf(result)).toMatchObject({ spooled: 0, incomplete: false, tables: { ok: TABLES } });
  await expectMended(result, store);
  expect(store.spools()).toEqual([]);
});

test('a killed process leaves its spool; one that is damaged is set aside, and what it lacks is read again', async () => {
  const store = await newStore();
  const running = await store.disturbed(
    () => server.stop('immediate'),
    () => {
      const [path = ''] = store.spools();
      return path !== '' && statSync(join(store.cwd, '.sentinel', path)).size > 3_000; // a few tables
    },
  );
  await running.kill('SIGKILL');
  await gate.open();
  const [path = ''] = store.spools();
  const file = join(store.cwd, '.sentinel', path);
  const bytes = readFileSync(file);
  bytes[bytes.length - 5]! ^= 0xff; // in the last record
  writeFileSync(file, Buffer.concat([bytes, bytes.subarray(8, 40)])); // and one that was cut short
  await startStore();
  const next = await store.run();
  expect(next.stderr).toMatch(
    /\.spool is damaged: the record at byte \d+ is damaged\. What could be read is stored, the file is kept as .*\.damaged; /,
  );
  const known = summaryOf(next).resumed as number;
  expect(tableNames(next.stdout)).toHaveLength(TABLES - known);
  await expectMended(next, store);
  expect(store.spools()).toEqual([expect.stringMatching(/\.spool\.\d+\.damaged$/)]);
  expect((await store.run(['run', '--json'])).stderr).toBe('');
});

test('a spool that cannot be written ends the run, which says what is lost', async () => {
  const store = await newStore();
  writeFileSync(join(store.cwd, '.sentinel'), 'no folder');
  const running = await store.disturbed(() => server.stop('immediate'));
  await gate.open();
  const { code, stderr } = await running.ended;
  await startStore();
  expect(code).toBe(2);
  expect(stderr).toMatch(
    /and what waits for it cannot be kept: .*\.sentinel\/spool\/.*\.spool cannot be written \(ENOTDIR\)/,
  );
  expect(stderr).toMatch(
    /tables? that (was|were) read (is|are) lost\nthe run has ended early; what was stored before is kept/,
  );
  rmSync(join(store.cwd, '.sentinel'));
  await expectMended(await store.run(), store);
});

test('a store whose disk is full, by its error', async () => {
  const store = await newStore();
  const running = await store.disturbed(() =>
    sql(
      store.name,
      `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = 'disk_full'; END $$;
       CREATE TRIGGER full_disk BEFORE INSERT ON sentinel.point FOR EACH STATEMENT EXECUTE FUNCTION full_disk()`,
    ),
  );
  await gate.open();
  const lost = await running.ended;
  expectLost(lost, store.cwd);
  expect(lost.stderr).toContain('free disk space on that server');
  await sql(store.name, 'DROP FUNCTION full_disk CASCADE');
  await expectMended(await store.run(), store);
  expect(store.spools()).toEqual([]);
});

test('a store whose disk is really full', async ({ skip }) => {
  const disk = join(folder, 'disk');
  mkdirSync(disk);
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', disk]).status !== 0)
    skip('a file system cannot be mounted here');
  try {
    const tablespace = join(disk, 'space');
    mkdirSync(tablespace);
    const { uid, gid } = statSync(server.dataDir);
    chownSync(tablespace, uid, gid);
    await sql('postgres', `CREATE TABLESPACE tiny LOCATION '${tablespace}'`);
    const store = await newStore('TABLESPACE tiny');
    // Profiles take new pages rather than what is free in those that are there.
    await sql(
      store.name,
      'ALTER TABLE sentinel.profile ALTER summary SET STORAGE EXTERNAL, SET (toast_tuple_target = 128)',
    );
    const running = await store.disturbed(() => fill(store.name));
    await gate.open();
    const lost = await running.ended;
    expectLost(lost, store.cwd);
    expect(lost.stderr).toContain('free disk space on that server');
    await sql(store.name, 'DROP TABLE ballast');
    await expectMended(await store.run(), store);
    await sql('postgres', `DROP DATABASE ${store.name} WITH (FORCE)`);
    await sql('postgres', 'DROP TABLESPACE tiny');
  } finally {
    spawnSync('umount', ['--lazy', disk]);
  }
});

/** Until not even a row has room. */
async function fill(database: string): Promise<void> {
  await withClient(database, async (client) => {
    await client.query('CREATE TABLE ballast (x text)');
    for (let rows = 2048; rows >= 1; )
      try {
        await client.query(`INSERT INTO ballast SELECT repeat('x', 1900) FROM generate_series(1, ${rows})`);
      } catch (error) {
        expect(error).toMatchObject({ code: '53100' });
        rows = Math.floor(rows / 2);
      }
  });
}
