import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { SERVER_VERSION, type TestDatabase, testServer } from '../support/postgres.js';
import { filesOf, secludedFolder, settings } from '../support/program.js';
import { type Answer, startServe } from '../support/serve.js';
import { webhookReceiver } from '../support/webhook-receiver.js';

async function shop(): Promise<TestDatabase> {
  const database = await (await testServer()).createDatabase();
  const client = await database.client();
  await client.query(`CREATE SCHEMA sales;
    CREATE TABLE sales.orders AS SELECT i AS id, 'u' || i || '@example.com' AS email, now() AS created_at
      FROM generate_series(1, 500) AS i;
    CREATE TABLE sales."odd/näme" AS SELECT i AS id FROM generate_series(1, 50) AS i`);
  return database;
}

/** Hear what happens, until the daemon ends it. */
async function listen(port: number) {
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/events`);
  let text = '';
  const read = async () => {
    for await (const chunk of answer.body!) text += Buffer.from(chunk).toString();
  };
  return { type: answer.headers.get('content-type'), text: () => text, ended: read().catch(() => undefined) };
}

const byLabel = (answer: Answer) => answer.json<{ runs: { run: string; state: string }[] }>().runs;
const json = { 'x-sentinel-request': '1' };

describe('serve', () => {
  test('runs by schedule, one at a time, and answers what it found', async () => {
    const database = await shop();
    const policy = `schedules:
  - { name: often, cron: '* * * * * *', tables: [sales.*] }
  - { name: yearly, cron: '0 0 1 1 *', timeZone: Europe/Berlin, jitter: 5m, gentle: true }`;
    const serve = await startServe(settings({ batch: database }), { policy });
    await serve.active();
    const runs = byLabel(
      await serve.until(
        '/api/v1/runs',
        (answer) => byLabel(answer).filter((run) => run.state === 'finished').length > 2,
      ),
    );
    expect(new Set(runs.map(({ run }) => run)).size).toBe(runs.length);
    const label = runs.find(({ state }) => state === 'finished')!.run;
    const run = (await serve.ask(`/api/v1/runs/${label}`)).json();
    expect(run).toMatchObject({ run: label, command: 'run', tables: { ok: 2, failed: 0 }, failed: [] });
    const { schedules } = (await serve.ask('/api/v1/schedules')).json<{
      schedules: { name: string; nextAt: string[]; last: object | null }[];
    }>();
    expect(schedules).toMatchObject([
      { name: 'often', last: { outcome: 'complete', exitCode: 0 } },
      { name: 'yearly', state: 'idle', last: null, jitterSeconds: 300 },
    ]);
    expect(schedules[1]!.nextAt[0]).toMatch(/-12-31T23:00:00.000Z$/);
    const { rows } = await (await database.client()).query(
      `SELECT DISTINCT actor FROM sentinel.incident_event WHERE action = 'run_begun'`,
    );
    expect(rows).toEqual([{ actor: 'schedule often' }]);
  });

  test('tells of tables: pages, search, order, figures, rolled-up series', async () => {
    const serve = await startServe(settings({ batch: await shop() }));
    await serve.active();
    const started = await serve.ask('/api/v1/runs', { method: 'POST', headers: json, body: { actor: 'anna' } });
    expect([started.status, started.json().schedule]).toEqual([202, null]);
    await serve.until('/api/v1/runs', (answer) => byLabel(answer)[0]?.state === 'finished');
    await serve.until('/api/v1/status', (answer) => answer.json().running === null);
    const page = (await serve.ask('/api/v1/tables?sort=rows&order=desc&limit=1')).json();
    expect(page).toMatchObject({ total: 2, tables: [{ table: 'orders', rows: 500, state: 'ok', incidents: 0 }] });
    expect((await serve.ask('/api/v1/tables?offset=9')).json()).toEqual({ total: 2, tables: [] });
    const odd = (await serve.ask('/api/v1/tables?search=ODD')).json<{ tables: object[] }>();
    expect(odd.tables).toMatchObject([{ table: 'odd/näme', rows: 50 }]);
    const path = `/api/v1/tables/batch/sales/${encodeURIComponent('odd/näme')}`;
    expect((await serve.ask(path)).json()).toMatchObject({
      rows: 50,
      profile: { columns: [{ name: 'id', nullCount: 0 }] },
      unresolved: [],
    });
    const orders = await serve.ask('/api/v1/tables/batch/sales/orders');
    expect(orders.text).not.toContain('@example.com'); // masked
    expect(orders.json().series).toContainEqual({ column: null, metric: 'row_count' });
    const { points } = (await serve.ask(`${path}/series?metric=row_count&points=1`)).json<{ points: object[] }>();
    expect(points).toMatchObject([{ points: 1, min: 50, max: 50, mean: 50, last: 50 }]);
    expect((await serve.ask(`${path}/series?metric=mean&column=id`)).json()).toMatchObject({
      points: [{ last: 25.5 }],
    });
    expect((await serve.ask('/api/v1/tables/batch/sales/nothing')).status).toBe(404);
    expect((await serve.ask('/api/v1/tables?sort=size')).status).toBe(400);
    expect((await serve.ask('/api/v1/tables?limt=3')).json()).toMatchObject({ code: 'bad_request' });
    const refused = await serve.ask('/api/v1/runs', { method: 'POST', headers: json, body: { sources: ['cdc'] } });
    expect([refused.status, refused.json().message]).toEqual([
      400,
      expect.stringContaining('no source is named "cdc"'),
    ]);
  });

  test('lets people decide on incidents, also while a run goes on, and tells listeners', async () => {
    const database = await shop();
    const client = await database.client();
    const serve = await startServe(settings({ batch: database }, { LOCK_TIMEOUT: '300' }));
    await serve.active();
    const run = async () => {
      const before = byLabel(await serve.ask('/api/v1/runs')).length;
      await serve.ask('/api/v1/runs', { method: 'POST', headers: json, body: {} });
      await serve.until('/api/v1/runs', (answer) => {
        const runs = byLabel(answer);
        return runs.length > before && runs[0]!.state === 'finished';
      });
      await serve.until('/api/v1/status', (answer) => answer.json().running === null);
    };
    await run();
    await client.query('TRUNCATE sales.orders');
    await run();
    const { incidents } = (await serve.ask('/api/v1/incidents')).json<{ incidents: { id: string }[] }>();
    expect(incidents).toMatchObject([{ state: 'open', severity: 'critical' }]);
    const { id } = incidents[0]!;
    expect((await serve.ask('/api/v1/tables?sort=incidents&order=desc&limit=1')).json()).toMatchObject({
      tables: [{ table: 'orders', incidents: 1, severity: 'critical' }],
    });

    const heard = await listen(serve.port);
    expect(heard.type).toMatch('text/event-stream');

    await client.query('BEGIN; LOCK TABLE sales.orders IN ACCESS EXCLUSIVE MODE');
    await serve.ask('/api/v1/runs', { method: 'POST', headers: json, body: {} });
    await serve.until('/api/v1/status', (answer) => {
      const running = answer.json<{ running: { run: string | null } | null }>().running;
      return typeof running?.run === 'string';
    });
    expect((await serve.ask('/api/v1/runs', { method: 'POST', headers: json, body: {} })).status).toBe(409);
    const body = { reason: 'asked the shop team', actor: 'anna' };
    const acknowledged = await serve.ask(`/api/v1/incidents/${id}/acknowledge`, {
      method: 'POST',
      headers: json,
      body,
    });
    expect(acknowledged.status, acknowledged.text).toBe(200);
    expect(acknowledged.json<{ events: object[] }>().events.at(-1)).toMatchObject({
      ...{ actor: 'anna via http', action: 'acknowledged', reason: 'asked the shop team' },
    });
    expect(
      (await serve.ask(`/api/v1/incidents/${id}/acknowledge`, { method: 'POST', headers: json, body })).status,
    ).toBe(409);
    await client.query('ROLLBACK');
    await serve.until('/api/v1/status', (answer) => answer.json().running === null);
    const resolved = await serve.ask(`/api/v1/incidents/${id}/resolve`, { method: 'POST', headers: json, body: {} });
    expect(resolved.json()).toMatchObject({ state: 'resolved' });
    expect((await serve.ask('/api/v1/incidents/INC-99')).status).toBe(404);
    while (!heard.text().includes('"action":"resolved"')) await sleep(20);
    for (const type of ['status', 'run_started', 'run_progress', 'run_ended', 'incident_changed'])
      expect(heard.text()).toContain(`event: ${type}\n`);
    const { code } = await serve.cli.kill('SIGTERM'); // with somebody listening
    expect(code).toBe(0);
    await heard.ended;
  });

  test('sends what waits, without a run', async () => {
    const database = await shop();
    const env = settings({ batch: database });
    const cwd = secludedFolder();
    await runCli(['run', '--quiet'], { cwd, env });
    await (await database.client()).query('TRUNCATE sales.orders');
    await runCli(['run', '--quiet'], { cwd, env: { ...env, WEBHOOK_URL: 'http://127.0.0.1:1/' } });
    const receiver = await webhookReceiver();
    await startServe({ ...env, WEBHOOK_URL: receiver.url });
    while (receiver.requests.length === 0) await sleep(20);
    expect(JSON.parse(receiver.requests[0]!.body)).toMatchObject({ event: 'opened' });
  });

  test('one is active; another takes over when it is killed', async () => {
    const database = await shop();
    const env = settings({ batch: database });
    const policy = `schedules: [{ name: often, cron: '* * * * * *' }]`;
    const first = await startServe(env, { policy });
    await first.active();
    const second = await startServe(env, { policy });
    const ready = await second.until('/readyz', ({ text }) => text.includes('another instance'));
    expect([ready.status, ready.text]).toEqual([503, 'standby: another instance is active on this store\n']);
    expect((await second.ask('/healthz')).status).toBe(200);
    expect((await second.ask('/api/v1/runs')).json()).toMatchObject({ code: 'standby' });
    // The page has nothing to show but what `/events` tells: that it stands by, and why.
    expect((await second.ask('/')).text).toContain('<script type="application/json" id="report-data">null</script>');
    expect((await second.ask('/api/v1/status')).json()).toMatchObject({
      role: 'standby',
      reason: 'another instance is active on this store',
    });
    await first.cli.kill('SIGKILL');
    await second.active();
    const count = byLabel(await second.ask('/api/v1/runs?limit=500')).length;
    await second.until('/api/v1/runs?limit=500', (answer) => byLabel(answer).length > count);
  });

  // Before version 14 a server does not end a session for its silence.
  test.runIf(SERVER_VERSION >= 140000)('one that is stopped, but not dead, loses its place and knows it', async () => {
    const env = settings({ batch: await shop() });
    const first = await startServe(env);
    await first.active();
    const second = await startServe(env);
    const heard = await listen(second.port);
    first.cli.child.kill('SIGSTOP');
    await second.active();
    // It was longer than any other answer may take, and whoever listens still hears.
    while (!heard.text().includes('"role":"active"')) await sleep(20);
    first.cli.child.kill('SIGCONT');
    await first.until('/readyz', ({ status, text }) => status === 503 && text.includes('another instance'));
    expect((await second.ask('/readyz')).status).toBe(200);
  });

  test('says at its start that nothing is scheduled, and at its end, once, that it stops', async () => {
    const env = settings({ batch: await shop() });
    const idle = await startServe(env);
    await idle.cli.saying(/warning: nothing is scheduled, so nothing will ever run by itself; set SCHEDULE/);
    await idle.active();
    const { code, stderr } = await idle.cli.kill('SIGTERM');
    expect(code).toBe(0);
    expect(stderr.split('SIGTERM: stopping')).toHaveLength(2);
    expect(stderr.split('SIGTERM: stopping')[1]).toBe(' (again to stop at once)\n');
    expect(stderr).not.toContain('stands by');
    expect(filesOf(idle.cwd)['logs/orchestrator.log']).toMatch(/"level":"warn".*nothing is scheduled/);

    const busy = await startServe({ ...env, SCHEDULE: '0 6 * * *' });
    await busy.active();
    expect(busy.cli.said().stderr).toContain('; 1 scheduled\n');
    expect(busy.cli.said().stderr).not.toContain('nothing is scheduled');
  });

  test('SIGTERM in the middle of a run leaves nothing on the server', async () => {
    const database = await shop();
    const client = await database.client();
    const serve = await startServe(settings({ batch: database }, { LOCK_TIMEOUT: '300' }));
    await serve.active();
    await client.query('BEGIN; LOCK TABLE sales.orders IN ACCESS EXCLUSIVE MODE');
    await serve.ask('/api/v1/runs', { method: 'POST', headers: json, body: {} });
    const watcher = await database.client();
    const sessions = async (more = '') =>
      (
        await watcher.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sentinel/%' ${more}`,
        )
      ).rowCount;
    while ((await sessions(`AND wait_event_type = 'Lock'`)) === 0) await sleep(20);
    const { code } = await serve.cli.kill('SIGTERM');
    expect(code).toBe(0);
    expect(await sessions()).toBe(0);
    await client.query('ROLLBACK');
    const { rows } = await watcher.query('SELECT state FROM sentinel.run');
    expect(rows).toEqual([{ state: 'interrupted' }]);
    const { rows: ends } = await watcher.query(
      `SELECT details ->> 'exitCode' AS code FROM sentinel.incident_event WHERE action LIKE 'run_%' ORDER BY id DESC LIMIT 1`,
    );
    expect(ends).toEqual([{ code: '143' }]);
  });

  test('its log has every request, and no secret', async () => {
    const token = 'a-token-that-nobody-knows';
    const serve = await startServe(settings({ batch: await shop() }, { HTTP_TOKEN: token }));
    await serve.active();
    await serve.ask(`/api/v1/status?token=${token}`, { headers: { authorization: `Bearer ${token}` } });
    await serve.ask(`/api/v1/${token}`, { headers: { authorization: `Bearer ${token}` } });
    const shown = await serve.ask('/api/v1/settings', { headers: { authorization: `Bearer ${token}` } });
    expect(shown.json()).toMatchObject({ http: { token: '***' }, sources: [{ name: 'batch', password: '***' }] });
    await serve.cli.kill('SIGTERM');
    const { 'logs/orchestrator.log': log = '', ...others } = filesOf(serve.cwd);
    expect(log).toMatch(/"path":"\/api\/v1\/settings".*"status":200/);
    for (const text of [log, shown.text, JSON.stringify(others), serve.cli.said().stderr])
      expect(text).not.toContain(token);
  });
});
