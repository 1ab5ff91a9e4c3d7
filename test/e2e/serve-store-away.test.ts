import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCli } from '../support/cli.js';
import { startFaultProxy } from '../support/fault-proxy.js';
import { SERVER_VERSION, testServer } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';
import { startServe } from '../support/serve.js';

const POLICY = `schedules: [{ name: often, cron: '* * * * * *' }]`;

async function behindProxy() {
  const database = await (await testServer()).createDatabase();
  const client = await database.client();
  await client.query('CREATE TABLE orders AS SELECT i AS id FROM generate_series(1, 100) AS i');
  const proxy = await startFaultProxy(database.connection);
  const env: Record<string, string> = {
    ...settings({ batch: database }),
    ...database.environment('METADATA_DB'),
    METADATA_DB_PORT: String(proxy.port),
  };
  const runs = async () => Number((await client.query('SELECT count(*) FROM sentinel.run')).rows[0].count);
  return { proxy, env, runs };
}

test('a store that is away when it starts is waited for', async () => {
  const { proxy, env } = await behindProxy();
  await proxy.setMode({ kind: 'refuse' });
  const serve = await startServe(env, { policy: POLICY });
  await serve.until('/readyz', ({ text }) => text.includes('cannot be reached'));
  expect((await serve.ask('/healthz')).status).toBe(200);
  const answer = await serve.ask('/api/v1/runs');
  expect([answer.status, answer.json().message]).toEqual([503, expect.stringContaining('nothing listens on')]);
  expect((await serve.ask('/metrics')).text).toMatch(/^sentinel_active 0$/m);
  await proxy.setMode({ kind: 'pass' });
  await serve.active();
  await serve.until('/api/v1/runs', (each) => each.json<{ runs: object[] }>().runs.length > 0);
  await proxy.close();
});

test('in a folder without settings it names the way to them', async () => {
  const env = { SENTINEL_SOURCES: 'batch', BATCH_DB_PORT: '1', HTTP_PORT: '0' };
  const hint = '; this folder has no .env and no sentinel.yaml: "sentinel init" writes them';
  const cwd = workFolder();
  const bare = startCli(['serve'], { cwd, env });
  await bare.saying(/stands by: .*nothing listens on/);
  expect(bare.said().stderr).toContain(hint);
  await bare.kill();

  writeFileSync(join(cwd, '.env'), '');
  const begun = startCli(['serve'], { cwd, env });
  await begun.saying(/stands by: .*nothing listens on/);
  expect(begun.said().stderr).not.toContain('sentinel init');
  await begun.kill();
});

test.each(['refuse', 'black hole'] as const)(
  'a store that goes away (%s) stops schedules, not the daemon',
  async (kind) => {
    const { proxy, env, runs } = await behindProxy();
    const serve = await startServe(env, { policy: POLICY });
    await serve.active();
    await serve.until('/api/v1/runs', (each) => each.json<{ runs: object[] }>().runs.length > 1);
    await proxy.setMode({ kind });
    if (kind === 'refuse') proxy.resetAll();
    const away = await serve.until('/readyz', ({ status }) => status === 503);
    expect(away.text).toMatch(/^standby: /);
    const before = await runs();
    const { schedules } = (await serve.ask('/api/v1/schedules')).json<{ schedules: { nextAt: string[] }[] }>();
    expect(schedules[0]!.nextAt).toEqual([]);
    await proxy.setMode({ kind: 'pass' });
    await serve.active();
    while ((await runs()) <= before) await serve.ask('/healthz');
    expect((await serve.cli.kill('SIGTERM')).code).toBe(0);
    await proxy.close();
  },
);

// Before version 14 a server does not end a session for its silence.
test.runIf(SERVER_VERSION >= 140000)('another instance takes over from one that loses its store', async () => {
  const { proxy, env } = await behindProxy();
  const cut = await startServe(env);
  await cut.active();
  const direct = { ...env, METADATA_DB_PORT: env.BATCH_DB_PORT! };
  const other = await startServe(direct);
  await other.until('/readyz', ({ text }) => text.includes('another instance'));
  await proxy.setMode({ kind: 'black hole' });
  await other.active();
  await proxy.setMode({ kind: 'pass' });
  await cut.until('/readyz', ({ text }) => text.includes('another instance'));
  await proxy.close();
});
