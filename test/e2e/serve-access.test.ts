import { beforeAll, describe, expect, test } from 'vitest';
import { runCli, startCli } from '../support/cli.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';
import { type Answer, startServe } from '../support/serve.js';

const TOKEN = 'a-token-that-nobody-knows';
const bearer = { authorization: `Bearer ${TOKEN}` };
const change = (headers: Readonly<Record<string, string>>) => ({
  method: 'POST',
  headers,
  body: { sources: ['nothing'] }, // is refused by those who let the request in
});

let database: TestDatabase;
beforeAll(async () => {
  database = await (await testServer()).createDatabase();
});

async function served(more: Readonly<Record<string, string>> = {}) {
  const serve = await startServe(settings({ batch: database }, more));
  await serve.active();
  return serve;
}

const statusOf = ({ status }: Answer) => status;

describe('with a token', () => {
  test('nothing but the probes answers without it, nor with another one', async () => {
    const { ask } = await served({ HTTP_TOKEN: TOKEN });
    for (const path of ['/healthz', '/readyz']) expect(statusOf(await ask(path)), path).toBe(200);
    const closed = ['/metrics', '/api/v1/status', '/api/v1/openapi.json', '/api/v1/events', '/nothing'];
    for (const path of closed) {
      const answer = await ask(path);
      expect([answer.status, answer.headers['www-authenticate']], path).toEqual([401, 'Bearer realm="sentinel"']);
      for (const wrong of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, 'Bearer', `Basic ${TOKEN}`, TOKEN])
        expect(statusOf(await ask(path, { headers: { authorization: wrong } })), `${path} ${wrong}`).toBe(401);
    }
    expect(statusOf(await ask('/api/v1/status', { headers: bearer }))).toBe(200);
    expect(statusOf(await ask('/nothing', { headers: bearer }))).toBe(404);
    expect(statusOf(await ask('/api/v1/runs', change({})))).toBe(401);
    // Who has the token is no page of another site.
    expect(statusOf(await ask('/api/v1/runs', change({ ...bearer, origin: 'https://evil.example' })))).toBe(400);
  });

  test('a browser logs in, and its cookie lets in whom the page belongs to', async () => {
    const { ask, port } = await served({ HTTP_TOKEN: TOKEN });
    const origin = `http://127.0.0.1:${port}`;
    const login = (body: object, headers: Readonly<Record<string, string>> = { origin }) =>
      ask('/login', { method: 'POST', headers, body });
    expect(statusOf(await login({ token: 'another-token' }))).toBe(401);
    expect(statusOf(await login({}))).toBe(400);
    expect(statusOf(await login({ token: TOKEN }, { origin: 'https://evil.example' }))).toBe(403);
    const answer = await login({ token: TOKEN, name: 'Änne' });
    const [set = ''] = answer.headers['set-cookie'] ?? [];
    expect([answer.status, set]).toEqual([204, expect.stringMatching(/; HttpOnly; SameSite=Strict$/)]);
    expect(set).not.toContain(TOKEN);
    const behindTls = await login({ token: TOKEN }, { origin, 'x-forwarded-proto': 'https' });
    expect(behindTls.headers['set-cookie']?.[0]).toMatch(/; Secure$/);

    const cookie = set.split(';')[0]!;
    expect(statusOf(await ask('/api/v1/status', { headers: { cookie: `a=b; ${cookie}` } }))).toBe(200);
    const [expires = '', name = '', signature = ''] = cookie.split('=')[1]!.split('.');
    for (const forged of [
      `${Number(expires) + 1}.${name}.${signature}`,
      `${expires}.${Buffer.from('root').toString('base64url')}.${signature}`,
      `${expires}.${name}.`,
      '..',
    ])
      expect(statusOf(await ask('/api/v1/status', { headers: { cookie: `sentinel_session=${forged}` } }))).toBe(401);

    const post = async (headers: Readonly<Record<string, string>>) =>
      statusOf(await ask('/api/v1/runs', change({ cookie, ...headers })));
    expect(await post({ origin })).toBe(400); // let in, and the body is at fault
    expect(await post({ 'x-sentinel-request': '1' })).toBe(400);
    expect(await post({})).toBe(403);
    for (const elsewhere of ['https://evil.example', 'null', `http://127.0.0.1:${port + 1}`, 'nonsense'])
      expect(await post({ origin: elsewhere, 'x-sentinel-request': '1' }), elsewhere).toBe(403);
    expect(await post({ 'x-sentinel-request': '1', 'sec-fetch-site': 'same-site' })).toBe(403);

    const out = await ask('/logout', { method: 'POST', headers: { cookie, origin } });
    expect(out.headers['set-cookie']?.[0]).toContain('Max-Age=0');
  });

  test('another token makes old cookies worthless', async () => {
    const first = await served({ HTTP_TOKEN: TOKEN });
    const headers = { 'x-sentinel-request': '1' };
    const answer = await first.ask('/login', { method: 'POST', headers, body: { token: TOKEN } });
    const cookie = answer.headers['set-cookie']![0]!.split(';')[0]!;
    await first.cli.kill('SIGTERM');
    const again = await served({ HTTP_TOKEN: TOKEN });
    expect(statusOf(await again.ask('/api/v1/status', { headers: { cookie } }))).toBe(200);
    await again.cli.kill('SIGTERM');
    const other = await served({ HTTP_TOKEN: `${TOKEN}-new` });
    expect(statusOf(await other.ask('/api/v1/status', { headers: { cookie } }))).toBe(401);
  });
});

describe('without a token, on loopback', () => {
  test('a name that is none of this machine is not answered to, unless it is allowed', async () => {
    const { ask, port } = await served();
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, 'LOCALHOST', `[::1]:${port}`])
      expect(statusOf(await ask('/api/v1/status', { headers: { host } })), host).toBe(200);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', 'localhost:1:2', '10.0.0.1'])
      for (const path of ['/api/v1/status', '/healthz', '/nothing'])
        expect(statusOf(await ask(path, { headers: { host } })), host + path).toBe(421);
    const more = { HTTP_ALLOWED_HOSTS: 'Sentinel.example, other' };
    const allowing = await startServe(settings({ batch: database }, more)); // it stands by
    const status = async (host: string) => statusOf(await allowing.ask('/api/v1/status', { headers: { host } }));
    expect(await Promise.all(['sentinel.example', 'other:80', 'localhost', 'evil.example'].map(status))).toEqual([
      200, 200, 200, 421,
    ]);
  });

  test('a page of another site changes nothing', async () => {
    const { ask } = await served();
    const status = async (headers: Readonly<Record<string, string>>) =>
      statusOf(await ask('/api/v1/runs', change(headers)));
    expect(await status({})).toBe(403);
    expect(await status({ origin: 'https://evil.example' })).toBe(403);
    expect(await status({ 'x-sentinel-request': '1' })).toBe(400);
    // What a form can send without asking first.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])
      expect(await status({ 'x-sentinel-request': '1', 'content-type': type }), type).toBe(415);
  });

  test('every answer says what a browser may do with it, and none is endless', async () => {
    const { ask } = await served();
    for (const path of ['/healthz', '/metrics', '/api/v1/tables', '/nothing', '/api/v1/tables?limit=0']) {
      const { headers } = await ask(path);
      expect(headers, path).toMatchObject({
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
    }
    const headers = { 'x-sentinel-request': '1' };
    const big = await ask('/api/v1/runs', { method: 'POST', headers, body: { tables: ['x'.repeat(100_000)] } });
    expect(big.status).toBe(413);
    expect(statusOf(await ask(`/api/v1/tables/batch/public/${'x'.repeat(5_000)}`))).toBe(414);
    const poisoned = await ask('/api/v1/runs', {
      method: 'POST',
      headers,
      body: JSON.parse('{"__proto__": {"a": 1}}'),
    });
    expect(poisoned.status).toBe(400);
  });
});

describe('what it does not start with', () => {
  test('an address that others reach, and no token', async () => {
    const env = settings({ batch: database }, { HTTP_HOST: '0.0.0.0', HTTP_PORT: '0' });
    const { code, stderr } = await runCli(['serve'], { cwd: workFolder(), env });
    expect([code, stderr]).toEqual([
      3,
      expect.stringMatching(/HTTP_TOKEN\s+found\s+not set\s.*HTTP_HOST is 0\.0\.0\.0/),
    ]);
    const serve = startCli(['serve'], { cwd: workFolder(), env: { ...env, HTTP_TOKEN: TOKEN } });
    await serve.saying(/listening on/);
    expect((await serve.kill('SIGINT')).code).toBe(0);
  });

  test('a port that is taken', async () => {
    const { port } = await served();
    const env = settings({ batch: database }, { HTTP_PORT: String(port) });
    const { code, stderr } = await runCli(['serve'], { cwd: workFolder(), env });
    expect([code, stderr]).toEqual([3, expect.stringContaining(`port ${port} of 127.0.0.1 is in use`)]);
  });

  test('a store that will never let it in', async () => {
    const env = settings({ batch: database }, { METADATA_DB_USER: 'nobody_at_all', METADATA_DB_PASSWORD: 'x' });
    const { code, stderr } = await runCli(['serve'], { cwd: workFolder(), env: { ...env, HTTP_PORT: '0' } });
    expect([code, stderr]).toEqual([3, expect.stringContaining('nobody_at_all')]);
  });
});
