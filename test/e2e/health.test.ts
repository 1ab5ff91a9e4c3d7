import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { type Line, linesOf, settings, workFolder } from '../support/program.js';

let batch: TestDatabase;
let cdc: TestDatabase;

beforeAll(async () => {
  const server = await testServer();
  [batch, cdc] = [await server.createDatabase(), await server.createDatabase()];
  for (const database of [batch, cdc])
    await (await database.client()).query(
      Array.from({ length: 5 }, (_, i) => `CREATE TABLE t${i} AS SELECT generate_series(1, 10) AS id;`).join(''),
    );
});

test('a source that goes away under a run: health of another process shows its breaker, and the run ends whole when it is back', async () => {
  const proxy = await startFaultProxy(cdc.connection);
  onTestFinished(() => proxy.close());
  const cwd = workFolder();
  const env = settings(
    { batch, cdc },
    { CDC_DB_PORT: String(proxy.port), LOCK_TIMEOUT: '100', BREAKER_FAILURES: '2', BREAKER_COOLDOWN: '0.5' },
  );
  const health = async (): Promise<{ code: number | null; lines: Line[] }> => {
    const { code, stdout } = await runCli(['health', '--json'], { cwd, env });
    return { code, lines: linesOf(stdout, 'health') };
  };
  const until = async (condition: (source: Line) => boolean): Promise<Line> => {
    for (;;) {
      const found = (await health()).lines.find((line) => line.source === 'cdc' && condition(line));
      if (found) return found;
    }
  };
  // Keeps the run from ending before the source goes away.
  const locker = await cdc.client();
  await locker.query('BEGIN; LOCK TABLE t3');
  const run = startCli(['run', '--json'], { cwd, env });
  const busy = await until(({ pool }) => (pool as { open: number } | null)?.open === 1);
  expect(busy).toMatchObject({ status: 'ok', breaker: { state: 'closed', cause: null, command: 'run' } });

  await proxy.setMode({ kind: 'refuse' });
  proxy.resetAll();
  const open = await until(({ breaker }) => (breaker as { state: string } | null)?.state === 'open');
  expect(open).toMatchObject({
    status: 'down',
    breaker: { command: 'run', pid: run.child.pid, cause: { message: expect.stringMatching(/CDC_DB_/) } },
  });
  const text = await runCli(['health'], { cwd, env });
  expect(text.code).toBe(2);
  // The worst first, and what is wrong before how things are.
  expect(text.stdout).toMatch(
    /^cdc: down .*\n {2}nothing listens on .*\n(?: {2}"run" \(process \d+\) leaves it alone: its circuit breaker opened .* ago after \d+ failed connections in a row .*\n)?/,
  );
  expect(text.stdout).toMatch(/^batch: ok .*\n {2}Postgres \d.*\n {2}connections: .*\n/m);
  expect(text.stdout).toMatch(/^metadata: ok /m);
  expect(text.stdout).toMatch(/^logs: ok .* free$/m);

  await locker.query('COMMIT');
  await proxy.setMode({ kind: 'pass' });
  const { code, stdout, stderr } = await run.ended;
  expect(stderr).toMatch(/the source went away: its tables wait for it/);
  expect(stderr).toMatch(/the source is back: its tables go on/);
  expect(linesOf(stdout, 'table').map(({ status }) => status)).toEqual(Array(10).fill('ok'));
  expect(code).toBe(0);
  const after = await health();
  expect(after.code).toBe(0);
  expect(after.lines.map(({ source, status, breaker, pool }) => [source, status, breaker, pool])).toEqual(
    ['batch', 'cdc', 'metadata'].map((source) => [source, 'ok', null, null]),
  );
});

test('--source asks about that one alone', async () => {
  const cwd = workFolder();
  const env = settings({ batch, cdc }, { CDC_DB_PASSWORD: 'wrong' });
  const { code, stdout } = await runCli(['health', '--source', 'batch'], { cwd, env });
  expect([code, stdout.match(/^\w+(?=: )/gm)]).toEqual([0, ['batch', 'logs']]);
  const wrong = await runCli(['health', '--source', 'cdc'], { cwd, env });
  expect(wrong.code).toBe(2);
  expect(wrong.stdout).toMatch(/^cdc: down .*\n {2}.* refused the password of user .*; check CDC_DB_PASSWORD/);
  expect(wrong.stdout).not.toContain('wrong');
});
