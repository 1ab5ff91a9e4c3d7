import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ReportData } from '#src/report/report-data.js';
import { type CliResult, runCli } from '../support/cli.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';

let database: TestDatabase;
let cwd: string;
beforeAll(async () => {
  database = await (await testServer()).createDatabase();
  cwd = workFolder();
});

const sentinel = (...args: string[]): Promise<CliResult> => runCli(args, { cwd, env: settings({ batch: database }) });

function dataOf(file: string): ReportData {
  return JSON.parse(/id="report-data">(.*?)<\/script>/s.exec(readFileSync(file, 'utf8'))![1]!) as ReportData;
}

describe('report', () => {
  test('before the first run says what to do, and writes nothing', async () => {
    const { code, stderr } = await sentinel('report');
    expect([code, stderr]).toEqual([
      3,
      'there is nothing to report yet: run "sentinel run" first, or "sentinel demo" to see an example\n',
    ]);
    expect(existsSync(join(cwd, 'sentinel-report.html'))).toBe(false);
  });

  test('writes one file, says where it is and how large, and masks what looks personal', async () => {
    const client = await database.client();
    await client.query(`CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL);
      INSERT INTO users SELECT i, 'user' || i % 7 || '@example.com' FROM generate_series(1, 100) AS i;
      CREATE TABLE "</script><b>" (id int); INSERT INTO "</script><b>" VALUES (1)`);
    expect((await sentinel('run')).code).toBe(0);
    const { code, stdout, stderr } = await sentinel('report');
    const file = join(cwd, 'sentinel-report.html');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Report of 2 tables: .*sentinel-report\.html \([\d.]+ KiB\); open it in a browser\.\n$/);
    expect(readFileSync(file, 'utf8')).not.toContain('@example.com');
    expect(dataOf(file)).toMatchObject({
      incidents: [],
      noticed: [],
      tables: [
        { table: '</script><b>' },
        { table: 'users', columns: [{ name: 'id' }, { name: 'email', masked: 'e-mail' }] },
      ],
    });
  });

  test('shows personal values where it is told to, and only the tables asked for, in the file asked for', async () => {
    const { code } = await sentinel('report', '--unmask', '--table', 'users', '--output', 'users.html');
    expect(code).toBe(0);
    const trail = await sentinel('audit', 'list', '--limit', '1');
    expect(trail.stdout).toMatch(/ unmasked .*command report; .*"unmask":true/);
    const { tables } = dataOf(join(cwd, 'users.html'));
    expect(tables.map(({ table }) => table)).toEqual(['users']);
    expect(tables[0]!.columns[1]).toMatchObject({ min: 'user0@example.com' });
  });

  test('reports the run that is named, and names those there are where it is unknown', async () => {
    const [first] = [dataOf(join(cwd, 'sentinel-report.html')).run.label];
    expect((await sentinel('report', '--run', first, '--output', 'first.html')).code).toBe(0);
    const { code, stderr } = await sentinel('report', '--run', 'x');
    expect([code, stderr]).toEqual([3, `--run: no run is labelled "x"; the newest are ${first}\n`]);
  });

  test.each([
    [
      ['--output', 'no/such/folder/report.html'],
      /^--output: .*no\/such\/folder\/report\.html cannot be written \(its folder does not exist\); name a file in a folder that exists and may be written\n$/,
    ],
    [['--output', '.'], /^--output: .* cannot be written \(it is a folder\);/],
    [['--source', 'lake'], /^--source: no source is named "lake"; SENTINEL_SOURCES has batch\n$/],
    [['--table', 'a..b'], /^--table: "a\.\.b" is no pattern;/],
  ])('%j ends with a message and exit code 3', async (options, message) => {
    const { code, stderr } = await sentinel('report', ...options);
    expect(stderr).toMatch(message);
    expect(code).toBe(3);
  });
});
