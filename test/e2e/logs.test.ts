import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { loadManyTables } from '../support/many-tables.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { filesOf, linesOf, settings, workFolder } from '../support/program.js';

const FILES = ['audit.log', 'batch_db.log', 'cdc_db.log', 'detector.log', 'orchestrator.log', 'profiler.log'];

let database: TestDatabase;
beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  await loadManyTables(await database.client(), 40);
});

const both = (more: Readonly<Record<string, string>> = {}) =>
  settings({ batch: database, cdc: database }, { CONCURRENT_WORKERS: '2', ...more });

test('a run leaves five files of JSON lines and the audit log: level, time, thread, component, run, and no secret', async () => {
  const cwd = workFolder();
  const env = both({ HTTP_TOKEN: 'a-token-of-mine' });
  const { stdout } = await runCli(['run', '--json'], { cwd, env });
  const run = linesOf(stdout, 'summary')[0]!.run;
  const { 'audit.log': audit, ...logs } = filesOf(join(cwd, 'logs'));
  expect(['audit.log', ...Object.keys(logs)].sort()).toEqual(FILES);
  expect(audit).not.toContain(database.connection.password);
  const threads = new Set<unknown>();
  for (const [name, text] of Object.entries(logs)) {
    expect(text, name).not.toContain(database.connection.password);
    expect(text, name).not.toContain('a-token-of-mine');
    for (const line of text.trimEnd().split('\n')) {
      const record = JSON.parse(line) as Record<string, unknown>;
      expect(record).toMatchObject({ level: expect.stringMatching(/^(info|warn)$/), run, msg: expect.any(String) });
      expect(new Date(record.time as string).toISOString()).toBe(record.time);
      expect(`${record.component}.log`).toBe(name);
      threads.add(record.thread);
    }
  }
  expect([...threads].sort()).toEqual(['main', 'worker-1', 'worker-2']);
  const profiled = logs['profiler.log']!.trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).table as string);
  expect(profiled.length).toBe(2 * 41);
  expect(new Set(profiled)).toEqual(new Set(linesOf(stdout, 'table').map(({ schema, table }) => `${schema}.${table}`)));
});

test('LOG_FORMAT=text and LOG_LEVEL are honoured; files rotate into gzip archives', async () => {
  const cwd = workFolder();
  const env = both({ LOG_FORMAT: 'text', LOG_DIR: 'here/logs', LOG_MAX_BYTES: '4096', LOG_BACKUP_COUNT: '2' });
  expect((await runCli(['run', '--quiet'], { cwd, env })).code).toBe(0);
  expect((await runCli(['run', '--quiet'], { cwd, env })).code).toBe(0);
  const folder = join(cwd, 'here', 'logs');
  const archives = readdirSync(folder).filter((name) => name.startsWith('profiler.log.'));
  expect(archives.sort()).toEqual(['profiler.log.1.gz', 'profiler.log.2.gz']);
  const lines = gunzipSync(readFileSync(join(folder, archives[0]!)))
    .toString('utf8')
    .trimEnd()
    .split('\n');
  for (const line of lines)
    expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z INFO {2}worker-\d profiler: profiled .*table=public\.\w+ /);

  const silent = workFolder();
  expect((await runCli(['run', '--quiet'], { cwd: silent, env: both({ LOG_LEVEL: 'error' }) })).code).toBe(0);
  const { 'logs/audit.log': _, ...rest } = filesOf(silent);
  expect(Object.values(rest).join('')).toBe('');
});

test('LOG_LEVELS raises and lowers single components, in worker threads and in the main thread', async () => {
  const cwd = workFolder();
  const levels = 'profiler=debug,detector=debug,orchestrator=debug,batch_db=error';
  expect((await runCli(['run', '--quiet'], { cwd, env: both({ LOG_LEVELS: levels }) })).code).toBe(0);
  const logs = filesOf(join(cwd, 'logs'));
  expect(logs['batch_db.log']).toBeUndefined();
  expect(logs['cdc_db.log']).toContain('"msg":"connection opened"');
  const debugged = (name: string) =>
    logs[name]!.trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ level }) => level === 'debug');
  // each table is named once where it is read, stored and judged: a log at debug is as long as its tables are many
  const tables = 2 * 41;
  expect(debugged('profiler.log').flatMap((record) => record.tables)).toHaveLength(tables);
  expect(debugged('orchestrator.log').filter(({ msg }) => msg === 'stored')).toHaveLength(tables);
  expect(debugged('detector.log').filter(({ msg }) => msg === 'judged')).toHaveLength(tables);
  expect(Object.values(logs).join('').split('\n').length).toBeLessThan(4 * tables + 50);
});

test('an unknown component in LOG_LEVELS is refused with the list of those there are', async () => {
  const cwd = workFolder();
  const env = both({ LOG_LEVELS: 'warehouse_db=debug' });
  const { code, stderr } = await runCli(['run'], { cwd, env });
  expect(code).toBe(3);
  expect(stderr).toMatch(/LOG_LEVELS\n +found +warehouse_db, which is no component\n +allowed +profiler, .*cdc_db\n/);
});

test('a LOG_DIR that cannot be written is one warning, and the run goes on', async () => {
  const cwd = workFolder();
  writeFileSync(join(cwd, 'taken'), 'a file, not a folder');
  const { code, stdout, stderr } = await runCli(['run', '--json'], { cwd, env: both({ LOG_DIR: 'taken' }) });
  expect(code).toBe(0);
  expect(linesOf(stdout, 'table')).toHaveLength(2 * 41);
  expect(stderr.match(/log files in .*taken cannot be written as they should \(.*\); the run goes on/g)).toHaveLength(
    1,
  );
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('every other command works without a trace in the folder', async () => {
  const cwd = workFolder();
  for (const command of ['health', 'tables']) expect((await runCli([command], { cwd, env: both() })).code).toBe(0);
  expect(existsSync(join(cwd, 'logs'))).toBe(false);
});
