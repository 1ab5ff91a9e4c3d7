import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, onTestFinished } from 'vitest';
import type { ColumnProfile, TableProfile } from '#src/core/model/profile.js';
import { type RunningCli, runCli, startCli } from './cli.js';
import { type TestDatabase, type TestServer, testServer } from './postgres.js';
import { filesOf, jsonLines, type Line, workFolder } from './program.js';

/** What reads the watched database, and what writes the store: neither may do more than it must. */
export const READER = { name: 'sentinel_reader', password: "r3ader's $ecret" } as const;
const KEEPER = { name: 'sentinel_keeper', password: 'k33per \\ secret' } as const;

export interface Outcome {
  readonly code: number | null;
  /** By `schema.table`. */
  readonly tables: ReadonlyMap<string, TableProfile>;
  readonly summary: Line;
  readonly stderr: string;
  readonly logs: string;
  /** Largest resident size of the process, bytes. */
  readonly peakBytes: number;
  /** By `schema.table`, those that were read in chunks. */
  readonly chunks: ReadonlyMap<string, number>;
}

export interface WatchedDatabase {
  readonly server: TestServer;
  readonly source: TestDatabase;
  /** A superuser's connection to it. */
  readonly owner: pg.Client;
  readonly versionNum: number;
  /** Run SQL as superuser; then let the reader SELECT all tables of these schemas (none: of no schema). */
  create(sql: string, grantIn?: readonly string[]): Promise<void>;
  /** `profile --json` as the reader, to its end. */
  profile(env?: Readonly<Record<string, string>>, options?: ProfileOptions): Promise<Outcome>;
  /** `tables --json` as the reader. */
  list(args?: readonly string[]): Promise<Line[]>;
  /** The same as `profile`, to do something while it runs. */
  start(
    env?: Readonly<Record<string, string>>,
    options?: ProfileOptions,
  ): { cli: RunningCli; outcome: Promise<Outcome> };
}

export interface ProfileOptions {
  /** `profile` when absent. */
  readonly command?: 'profile' | 'run';
  readonly args?: readonly string[];
  /** Content of sentinel.yaml. */
  readonly policy?: string;
}

/** Everything is read whole, nothing is tried again, and what is locked is soon given up. */
const QUICK = { CONCURRENT_WORKERS: '2', MAX_RETRY_ATTEMPTS: '0', LOCK_TIMEOUT: '1', LOG_LEVEL: 'debug' };
/** Other test files make and drop databases on the same server. */
const OWN_DATABASE = 'checks: { disabled: [databases] }\n';
/** Every table of more than one page is read in chunks. */
export const CHUNKED = { CHUNK_MIN_BYTES: '8192', MAX_CHUNKS: '16' } as const;

/** A database for hostile content, read by a role that may do nothing but SELECT; another role and database hold the store. */
export async function watchedDatabase(
  options: Parameters<TestServer['createDatabase']>[1] = {},
): Promise<WatchedDatabase> {
  const server = await testServer();
  const [source, store] = [await server.createDatabase(undefined, options), await server.createDatabase()];
  const owner = await source.client();
  for (const { name, password } of [READER, KEEPER]) await createRole(owner, name, password);
  await owner.query(`ALTER DATABASE ${pg.escapeIdentifier(store.name)} OWNER TO ${KEEPER.name}`);
  const { rows } = await owner.query<{ n: number }>("SELECT current_setting('server_version_num')::int AS n");
  const login = (database: TestDatabase, prefix: string, role: typeof READER | typeof KEEPER) => ({
    ...database.environment(prefix),
    [`${prefix}_USER`]: role.name,
    [`${prefix}_PASSWORD`]: role.password,
  });
  const base = { ...QUICK, SENTINEL_SOURCES: 'batch', ...login(source, 'BATCH_DB', READER) };
  const settings = { ...base, ...login(store, 'METADATA_DB', KEEPER) };

  const start: WatchedDatabase['start'] = (
    env = {},
    { command = 'profile', args = [], policy = OWN_DATABASE } = {},
  ) => {
    const cwd = mkdtempSync(join(tmpdir(), 'sentinel-hostile-'));
    onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
    writeFileSync(join(cwd, 'sentinel.yaml'), policy);
    const peakFile = join(cwd, 'peak');
    const cli = startCli([command, '--json', ...args], {
      entry: 'dist',
      cwd,
      env: { ...settings, LOG_DIR: 'logs', LOG_FORMAT: 'json', ...env, PEAK_FILE: peakFile },
      nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(WRITE_PEAK)}`],
    });
    const outcome = cli.ended.then(({ code, stdout, stderr }): Outcome => {
      const logs = Object.values(filesOf(join(cwd, 'logs'))).join('\n');
      expectDiscreet(`${stdout}\n${stderr}\n${logs}`);
      const lines = jsonLines(stdout);
      const summary = lines.at(-1);
      if (summary?.type !== 'summary') throw new Error(`it ended with ${code} and no summary:\n${stdout}\n${stderr}`);
      const tables = lines.filter(({ type }) => type === 'table') as unknown as TableProfile[];
      const profiler = env.LOG_FORMAT === 'text' ? '' : readFileSync(join(cwd, 'logs', 'profiler.log'), 'utf8');
      const chunked = jsonLines(profiler).filter((record) => record.chunks !== undefined);
      expect(tables.length, 'a table is reported once').toBe(new Set(tables.map(nameOf)).size);
      return {
        code,
        tables: new Map(tables.map((table) => [nameOf(table), table])),
        summary,
        stderr,
        logs,
        peakBytes: Number(readFileSync(peakFile, 'utf8')) * 1024,
        chunks: new Map(chunked.map(({ table, chunks }) => [String(table), Number(chunks)])),
      };
    });
    outcome.catch(() => undefined); // awaited later
    return { cli, outcome };
  };

  return {
    server,
    source,
    owner,
    versionNum: rows[0]!.n,
    async create(sql, grantIn = ['public']) {
      await owner.query(sql);
      for (const schema of grantIn) {
        const name = pg.escapeIdentifier(schema);
        await owner.query(`GRANT USAGE ON SCHEMA ${name} TO ${READER.name}`);
        await owner.query(`GRANT SELECT ON ALL TABLES IN SCHEMA ${name} TO ${READER.name}`);
      }
    },
    start,
    async list(args = []) {
      const cwd = workFolder();
      const { stdout, stderr } = await runCli(['tables', '--json', ...args], { entry: 'dist', cwd, env: settings });
      expectDiscreet(stdout + stderr);
      return jsonLines(stdout);
    },
    profile: (env, more) => start(env, more).outcome,
  };
}

/** A column of a table that was read. */
export function columnOf(outcome: Outcome, table: string, name: string): ColumnProfile {
  const found = outcome.tables.get(table)?.columns.find((column) => column.name === name);
  return found ?? expect.fail(`there is no column ${name} of ${table}: ${[...outcome.tables.keys()]}`);
}

/** `schema.table: ok 3`, `schema.table: failed 42501` and so on, sorted: what became of each table. */
export function fates(outcome: Outcome): string[] {
  return [...outcome.tables]
    .map(([name, { status, rowCount, failure }]) => `${name}: ${status} ${failure?.code ?? rowCount}`)
    .sort();
}

function nameOf({ schema, table }: TableProfile): string {
  return `${schema}.${table}`;
}

/** No stack trace and no password in anything it said. */
function expectDiscreet(text: string): void {
  expect(text).not.toMatch(/^\s+at .*[:(]\d+|node_modules|UnhandledPromise/m);
  for (const { password } of [READER, KEEPER]) {
    expect(text).not.toContain(password);
    expect(text).not.toContain(JSON.stringify(password).slice(1, -1));
  }
}

async function createRole(client: pg.Client, name: string, password: string): Promise<void> {
  const sql = `CREATE ROLE ${name} LOGIN PASSWORD ${pg.escapeLiteral(password)}`;
  // Roles belong to the server, which all test files share.
  await client.query(sql).catch((error: { code?: string }) => {
    if (error.code !== '42710' && error.code !== '23505') throw error;
  });
}

const WRITE_PEAK = `
  import { writeFileSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread)
    process.on('exit', () => writeFileSync(process.env.PEAK_FILE, String(process.resourceUsage().maxRSS)));`;
