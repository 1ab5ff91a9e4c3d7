import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { ownServer, type TestDatabase } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';

const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');
/** util-linux's: it gives a program a pseudo terminal. */
const HAS_SCRIPT = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') ?? false;
if (!HAS_SCRIPT)
  console.warn('terminal.test.ts: no `script` of util-linux here, so nothing is tested on a pseudo terminal');

const ESCAPE = String.fromCharCode(27);
/** Select Graphic Rendition: colours and the like. */
const COLOURS = new RegExp(`${ESCAPE}\\[[\\d;]*m`, 'g');
const OTHER_SEQUENCES = new RegExp(`${ESCAPE}\\[[?\\d;]*[A-Za-ln-z]`, 'g');

let database: TestDatabase;
const cwd = workFolder();

beforeAll(async () => {
  database = await (await ownServer()).createDatabase();
  const client = await database.client();
  await client.query(`
    CREATE TABLE a_table_with_a_rather_long_name (id int, and_a_column_with_a_long_name text);
    INSERT INTO a_table_with_a_rather_long_name SELECT i, 'x' FROM generate_series(1, 500) AS i;
    CREATE TABLE emptied AS SELECT i AS id FROM generate_series(1, 70) AS i`);
  expect((await runCli(['run'], { cwd, env: settings({ batch: database }) })).code).toBe(0);
  await client.query(`
    UPDATE a_table_with_a_rather_long_name SET and_a_column_with_a_long_name = NULL WHERE id = 3;
    TRUNCATE emptied;
    -- keeps the bars in sight for a while
    CREATE VIEW slow AS SELECT pg_sleep(0.7)::text AS x`);
});

/** What a terminal of `columns` would be sent, stdout and stderr together, and the exit code. */
function onTerminal(
  columns: number,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; text: string }> {
  const command = `stty cols ${columns} rows 50; exec ${process.execPath} ${MAIN} ${args.join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, TERM: 'xterm-256color', ...settings({ batch: database }), ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, text: text.replaceAll('\r\n', '\n') }));
  });
}

/** The summary as one reads it: after the bars, without colours, each line within the terminal. */
function summaryLines(text: string, columns: number): string[] {
  const plain = text.replace(COLOURS, '').replace(OTHER_SEQUENCES, '\n');
  const lines = plain.slice(plain.indexOf('┌')).trimEnd().split('\n');
  for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(columns);
  return lines;
}

describe.skipIf(!HAS_SCRIPT)('on a terminal', () => {
  test.each([80, 120])('of %d columns: bars, then the summary with no word cut off', async (columns) => {
    const { code, text } = await onTerminal(columns, ['run', '--fail-on', 'critical']);
    expect(code).toBe(1);
    expect(text).toMatch(/batch {2}[█░]{24} {2}\d\/3 tables {2}/);
    expect(text).toContain(`${ESCAPE}[31m`);
    expect(text.lastIndexOf(`${ESCAPE}[?25h`)).toBeGreaterThan(text.lastIndexOf(`${ESCAPE}[?25l`)); // the cursor is back
    const lines = summaryLines(text, columns);
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^┌─+┐$/),
      expect.stringMatching(/^│ CRITICAL {2}INC-1 {2}batch\.public\.emptied +│$/),
    ]);
    const words = lines.join(' ').replace(/[\s│┃]+/g, ' ');
    expect(words).toMatch(
      /warn INC-2 batch\.public\.a_table_with_a_rather_long_name public\.a_table_with_a_rather_long_name\.and_a_column_with_a_long_name has 1 null \(0\.2 % of 500 rows\); it had none at .* UTC\. /,
    );
    expect(words).toMatch(/public\.emptied is empty; it had 70 rows at \d{4}-\d\d-\d\d \d\d:\d\d UTC\./);
    expect(words).toMatch(
      /Run [\d-]+-[0-9a-f]{6}: 3 tables looked at; 2 incidents, \d findings \(1 critical, 1 warn(, \d info)?\)\./,
    );
    expect(words).toMatch(/Cost: .* longest transaction .*\. /);
    expect(words).toMatch(
      /┏━+┓ ALERT 2 incidents need attention: 1 critical, 1 warn .* sentinel incidents ack INC-1 ┗━+┛$/,
    );
    expect(words).not.toContain('…');
  });

  test('NO_COLOR is honoured, and --quiet says only what needs attention', async () => {
    const { text } = await onTerminal(100, ['run'], { NO_COLOR: '1' });
    expect(text).toContain('CRITICAL');
    expect(text).toMatch(/[█░]{24}/);
    expect(text.match(COLOURS)).toBeNull();
    const quiet = await onTerminal(100, ['run', '--quiet', '--fail-on', 'never']);
    expect(quiet.code).toBe(0);
    expect(quiet.text.replace(COLOURS, '')).toMatch(
      /^┏━+┓\n┃ ALERT {2}2 incidents need attention: 1 critical, 1 warn +┃\n┃ INC-1 {2}critical {2}batch\.public\.emptied: public\.emptied is empty/,
    );
    for (const line of quiet.text.replace(COLOURS, '').trimEnd().split('\n'))
      expect(line.length).toBeLessThanOrEqual(100);
  });

  test('what goes wrong meanwhile is said in full above the bars', async () => {
    const down = {
      SENTINEL_SOURCES: 'batch,cdc',
      CDC_DB_HOST: 'localhost',
      CDC_DB_PORT: '1',
      MAX_RETRY_ATTEMPTS: '4',
      INITIAL_RETRY_DELAY: '0.2',
      MAX_RETRY_DELAY: '1',
    };
    const { text } = await onTerminal(80, ['profile'], down);
    const words = text.replace(OTHER_SEQUENCES, ' ').replace(/\s+/g, ' ');
    expect(words).toMatch(
      /ERROR main cdc_db: nothing listens on localhost:1; check CDC_DB_HOST and CDC_DB_PORT, and that the server runs run=[\d-]+-[0-9a-f]{6} source=cdc code=ECONNREFUSED/,
    );
  });
});

test('without a terminal there are plain lines: progress on stderr, the summary on stdout', async () => {
  const { stdout, stderr } = await runCli(['run'], { cwd, env: settings({ batch: database }) });
  expect(stderr).toMatch(/^(batch: \d of 3 tables, .*\n)*batch: 3 of 3 tables, 501 rows, in .*\n$/);
  expect(stdout).toContain('CRITICAL');
  expect(stdout + stderr).not.toContain(ESCAPE);
  expect(stdout).not.toContain('batch: ');
});

test('every command explains itself with examples, on stdout', async () => {
  const commands = ['run', 'profile', 'detect', 'health', 'tables', 'history', 'incidents', 'alerts', 'demo'];
  const top = await runCli(['--help'], { cwd, env: {} });
  expect(top).toMatchObject({ code: 0, stderr: '' });
  for (const command of commands) {
    expect(top.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    const help = await runCli([command, '--help'], { cwd, env: {} });
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(
      new RegExp(`^Usage: sentinel ${command}.*[\\s\\S]*Examples:\\n  \\$ sentinel[\\s\\S]*Exit codes: 0 `),
    );
    for (const line of help.stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(130);
  }
  const version = await runCli(['--version'], { cwd, env: {} });
  expect(version).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});
