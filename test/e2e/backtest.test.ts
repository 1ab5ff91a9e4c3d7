import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CliResult, runCli } from '../support/cli.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { jsonLines, linesOf, settings, workFolder } from '../support/program.js';
import { noise, series } from '../support/series.js';

/** 60 days of about 1,000 rows, half a load on day 50 and an unknown value on day 20. */
const random = noise(21);
const LOADS = series(60, (i) => (i === 20 ? null : Math.round((i === 50 ? 500 : 1_000) * Math.exp(0.02 * random()))));
const csv = (points: typeof LOADS) =>
  ['timestamp,value', ...points.map(({ time, value }) => `${dayOf(time)},${value ?? ''}`), ''].join('\n');
const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

interface Input {
  readonly folder: string;
  readonly write: (name: string, text: string | object) => void;
  /** Runs `backtest --input <folder>`, with nothing in the environment and no `.env`. */
  readonly backtest: (...args: string[]) => Promise<CliResult>;
}

/** `files` below `series/`, what else is written is beside it. */
function input(files: Readonly<Record<string, string>>): Input {
  const cwd = workFolder();
  const folder = join(cwd, 'series');
  mkdirSync(folder);
  const write = (name: string, text: string | object) => {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), typeof text === 'string' ? text : JSON.stringify(text));
  };
  for (const [name, text] of Object.entries(files)) write(`series/${name}`, text);
  return { folder, write, backtest: (...args) => runCli(['backtest', '--input', 'series', ...args], { cwd }) };
}

const seriesOf = ({ stdout }: CliResult) => [...new Set(jsonLines(stdout).map(({ series: name }) => name))];

describe('backtest --input, without a database', () => {
  test('a line per point, in order: series, timestamp as written, score and whether that is an anomaly', async () => {
    const { write, backtest } = input({ 'shop/loads.csv': csv(LOADS) });
    write('series/manifest.json', { 'shop/loads': { kind: 'row_count', interval: 'D' } });
    const result = await backtest('--json');
    expect([result.code, result.stderr]).toEqual([0, '1 series, 60 points, 1 anomalous\n']);
    const lines = jsonLines(result.stdout);
    expect(lines.map(({ timestamp }) => timestamp)).toEqual(LOADS.map(({ time }) => dayOf(time)));
    lines.forEach((line, i) => {
      expect(Object.keys(line)).toEqual(['series', 'timestamp', 'score', 'anomaly']);
      expect(line).toMatchObject({ series: 'shop/loads', anomaly: i === 50 });
      expect(line.anomaly).toBe((line.score as number) > 0.5);
      expect(line.score).toBeLessThanOrEqual(1);
    });
    // what is unknown is neither zero nor off
    expect(lines[20]).toEqual({ series: 'shop/loads', timestamp: dayOf(LOADS[20]!.time), score: 0, anomaly: false });
  });

  test('people get a table: kind, points, anomalies and the newest of them', async () => {
    const { write, backtest } = input({ 'loads.csv': csv(LOADS) });
    write('manifest.json', { loads: { kind: 'row_count', interval: 'D' } });
    const { stdout } = await backtest();
    expect(stdout).toBe(
      [
        'series  kind       points  anomalies  newest',
        `loads   row_count      60          1  ${dayOf(LOADS[50]!.time)}`,
        '',
        '1 series, 60 points, 1 anomalous',
        '',
      ].join('\n'),
    );
  });

  test('timestamps keep the form they have: with hours, a blank or a T, a zone', async () => {
    const stamps = [
      '2026-01-05 06:00',
      '2026-01-05T07:00:00',
      '2026-01-05 08:00:00.5',
      '2026-01-05T09:00:00Z',
      '2026-01-05 12:00:00+02:00',
    ];
    const { backtest } = input({
      'a.csv': `\uFEFFtimestamp,value\r\n${stamps.map((each) => `${each},1e3`).join('\r\n')}\r\n`,
    });
    const { stdout } = await backtest('--json');
    expect(jsonLines(stdout).map(({ timestamp }) => timestamp)).toEqual(stamps);
  });

  test.each(['series/manifest.json', 'manifest.json', 'series/labels.json', 'labels.json'])(
    'kinds are read from %s',
    async (path) => {
      const { write, backtest } = input({ 'loads.csv': csv(LOADS) });
      write(path, { loads: { kind: 'null_rate', interval: 'D' } });
      expect((await backtest()).stdout).toContain('loads   null_rate');
    },
  );

  test('nothing but kind and interval is read: the same output with every other field gone, or wrong', async () => {
    const files = {
      'loads.csv': csv(LOADS),
      'other.csv': csv(LOADS.map((point, i) => ({ ...point, value: 50 + (i % 3) }))),
    };
    const plain = { loads: { kind: 'row_count', interval: 'D' }, other: { kind: 'mean', interval: 'D' } };
    const day = (i: number) => dayOf(LOADS[i]!.time);
    const labelled = (start: number) => ({
      other: { incidents: [], ...plain.other, natural: [day(start)], source: 'loads' },
      loads: {
        natural: [],
        interval: 'D',
        incidents: [{ type: 'dup2', start: day(start), end: day(start + 2), snr: 40 }],
        kind: 'row_count',
        threshold: 0,
      },
      gone: { kind: 'mean', interval: 'H' },
    });
    const outputs = await Promise.all(
      [plain, labelled(50), labelled(3)].map((manifest) => {
        const { write, backtest } = input(files);
        write('manifest.json', manifest);
        return backtest('--json');
      }),
    );
    expect(outputs[0]!.code).toBe(0);
    for (const { stdout } of outputs) expect(stdout).toBe(outputs[0]!.stdout);
  });

  test('a file that no manifest names is a stream, and keeps its .csv', async () => {
    const { write, backtest } = input({ 'a/b.csv': csv(LOADS), 'loads.csv': csv(LOADS), 'note.txt': 'no series' });
    expect((await backtest()).stdout).toMatch(/a\/b\.csv +stream .*\nloads\.csv +stream /);
    write('manifest.json', { loads: { kind: 'row_count' } });
    expect(seriesOf(await backtest('--json'))).toEqual(['a/b.csv', 'loads']);
  });

  test.each([
    ['timestamp;value\n', 1, 'found "timestamp;value"; the first line must be timestamp,value'],
    [
      'timestamp,value\n2026-01-01,1\n2026-01-02\n',
      3,
      'found "2026-01-02"; a line is a timestamp, a comma and a value',
    ],
    ['timestamp,value\n2026-01-01,1,2\n', 2, 'found "2026-01-01,1,2"; a line is a timestamp, a comma and a value'],
    [
      'timestamp,value\n01/02/2026,1\n',
      2,
      'found the timestamp "01/02/2026"; write ISO 8601, e.g. 2026-11-23 06:00:00',
    ],
    [
      'timestamp,value\n2026-13-41,1\n',
      2,
      'found the timestamp "2026-13-41"; write ISO 8601, e.g. 2026-11-23 06:00:00',
    ],
    ['timestamp,value\n2026-01-01,many\n', 2, 'found the value "many"; write a number, or nothing where it is unknown'],
  ])('a file that is none is named with its line: %j', async (text, line, message) => {
    const { folder, backtest } = input({ 'bad.csv': text });
    const { code, stdout, stderr } = await backtest('--json');
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(`${join(folder, 'bad.csv')}:${line}: ${message}`);
  });

  test.each([
    ['{ "loads": ', 'it must be a JSON object of series'],
    ['[]', 'it must be a JSON object: { "<file without .csv>": { "kind", "interval" } }'],
    ['{"loads":{"kind":"rows"}}', '"loads" has kind "rows"; allowed are row_count, cumulative,'],
    ['{"loads":7}', '"loads" has kind undefined; allowed are row_count,'],
    ['{"loads":{"kind":"mean","interval":"W"}}', '"loads" has interval "W"; allowed are "D" and "H"'],
  ])('a manifest that is none is named: %s', async (text, message) => {
    const { folder, write, backtest } = input({ 'loads.csv': csv(LOADS) });
    write('series/manifest.json', text);
    const { code, stderr } = await backtest();
    expect(code).toBe(3);
    expect(stderr).toContain(`${join(folder, 'manifest.json')}: `);
    expect(stderr).toContain(message);
  });

  test('a folder that is none, is a file, or has no series is named', async () => {
    const { folder, write } = input({});
    write('file', '');
    const cwd = dirname(folder);
    const said = async (name: string) => {
      const { code, stderr } = await runCli(['backtest', '--input', name], { cwd });
      expect(code).toBe(3);
      return stderr;
    };
    expect(await said('nowhere')).toContain(`--input: ${join(cwd, 'nowhere')} cannot be read (ENOENT)`);
    expect(await said('file')).toContain(`--input: ${join(cwd, 'file')} is a file; name a folder`);
    expect(await said('series')).toContain(`--input: there is no .csv file below ${folder}`);
  });
});

describe('backtest of the stored history', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await testServer();
  });

  /** A database with so many days of orders, about 100 a day and 40 on Sundays, that was run once. */
  async function shop(days: number) {
    const database = await server.createDatabase();
    const client = await database.client();
    await client.query(`
      CREATE TABLE orders AS
        SELECT day + n * interval '1 minute' AS created_at, 20 + (n % 7) + extract(day FROM day)::int % 3 AS amount,
               CASE WHEN n % 20 > 0 THEN 'user' || n END AS email
        FROM generate_series(date_trunc('day', now()) - interval '${days} days', now() - interval '1 day', interval '1 day') AS day,
             generate_series(1, CASE WHEN extract(dow FROM day) = 0 THEN 40 ELSE 100 END + extract(day FROM day)::int % 5) AS n;
      CREATE TABLE settings (name text); INSERT INTO settings VALUES ('a')`);
    const options = { cwd: workFolder(), env: settings({ batch: database }) };
    const run = await runCli(['run', '--json'], options);
    expect(run.code).toBe(0);
    return (...args: string[]) => runCli(['backtest', ...args], options);
  }

  test('says what would be found, how late, and how many alerts to expect, by table and in total', async () => {
    const backtest = await shop(60);
    const { code, stdout } = await backtest('--json');
    expect(code).toBe(0);
    const totals = linesOf(stdout, 'backtest_total');
    expect(totals.map(({ setting }) => setting)).toEqual(['present', 'stricter', 'looser']);
    for (const total of totals) {
      expect(Object.keys(total)).toEqual(
        expect.arrayContaining(['tried', 'found', 'recall', 'precision', 'meanDelay', 'alertsAWeek']),
      );
      expect(total.recall).toBe((total.found as number) / (total.tried as number));
    }
    const [present, stricter, looser] = totals as unknown as { found: number; alertsAWeek: number }[];
    expect(present!.found).toBeGreaterThan(0);
    expect(stricter!.found).toBeLessThanOrEqual(present!.found);
    expect(looser!.found).toBeGreaterThanOrEqual(present!.found);
    // a plain weekly season is no alert
    expect(present!.alertsAWeek).toBe(0);

    const tables = linesOf(stdout, 'backtest');
    expect([...new Set(tables.map(({ table }) => table))]).toEqual(['batch.public.orders']);
    const incidents = linesOf(stdout, 'backtest_incident');
    const missing = incidents.find(({ incident }) => incident === 'missing')!;
    expect([missing.tried, missing.found]).toEqual([2, 2]);
    const sum = incidents.reduce((all, { tried }) => all + (tried as number), 0);
    expect(sum).toBe(totals[0]!.tried);

    const text = (await backtest()).stdout;
    expect(text).toContain('Expected alerts a week, by table (1 table)');
    expect(text).toMatch(/^batch\.public\.orders +4 +\d+ of \d+ +0\.00 +0\.00 +\d\.\d\d$/m);
    expect(text).toMatch(/^no load +2 of 2 +0\.0$/m);
    expect(text).toMatch(/^present +\d+ of \d+ +\d+ % +\d\.\d +0\.00$/m);
  });

  test('says so where there is too little of it', async () => {
    const backtest = await shop(20);
    const { code, stdout, stderr } = await backtest('--json');
    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain('no table has 35 days or runs of history yet');
  });
});
