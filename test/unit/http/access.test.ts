import { describe, expect, test } from 'vitest';
import { callerOf, checkHost, checkOrigin } from '#src/adapters/http/access.js';
import { NO_SESSION_COOKIE, sessionCookie, sessionName } from '#src/adapters/http/session-cookie.js';

const TOKEN = 'a-token-that-nobody-knows';
const HOUR = 3_600_000;
const cookieOf = (name: string, now = 0) => sessionCookie(TOKEN, name, now, false).split(';')[0]!;

describe('a session', () => {
  test('lasts twelve hours, and holds the name whatever it is', () => {
    for (const name of ['', 'anna', 'Ä; ö=1, "x" 🐘']) {
      const cookie = cookieOf(name);
      expect(sessionName(cookie, TOKEN, 11 * HOUR)).toBe(name);
      expect(sessionName(`other=1; ${cookie}; more=2`, TOKEN, 0)).toBe(name);
      expect(sessionName(cookie, TOKEN, 12 * HOUR)).toBeNull();
      expect(sessionName(cookie, `${TOKEN}x`, 0)).toBeNull();
    }
  });

  test('of nobody is none', () => {
    for (const header of [undefined, '', ';;', 'sentinel_session=', 'sentinel_session=a.b', NO_SESSION_COOKIE])
      expect(sessionName(header, TOKEN, 0)).toBeNull();
  });
});

test('a wrong bearer token is not made good by a cookie', () => {
  const settings = { host: '127.0.0.1', port: 1, token: TOKEN };
  const cookie = cookieOf('anna');
  expect(callerOf({ cookie }, settings, 0)).toEqual({ by: 'cookie', name: 'anna' });
  expect(callerOf({ cookie, authorization: 'Bearer wrong' }, settings, 0)).toBeNull();
  expect(callerOf({ authorization: `bearer ${TOKEN}` }, settings, 0)).toEqual({ by: 'token', name: null });
});

test.each([
  [
    '127.0.0.1',
    undefined,
    ['localhost', '127.0.0.1:1', '[::1]:8', 'a.localhost'],
    ['example.com', '', '[::2]', '0.0.0.0'],
  ],
  ['127.0.0.1', ['a.example'], ['localhost', 'A.example.:80'], ['b.example', 'a.example.evil']],
  ['0.0.0.0', undefined, ['localhost', 'anything.example:1'], []],
  ['0.0.0.0', ['a.example'], ['localhost', 'a.example'], ['b.example', '10.0.0.1']],
] as const)('on %s with %j it answers to its own names', (host, allowedHosts, good, bad) => {
  const settings = { host, port: 1, ...(allowedHosts && { allowedHosts }) };
  for (const name of good) expect(() => checkHost(name, settings), name).not.toThrow();
  for (const name of bad) expect(() => checkHost(name, settings), name).toThrow('HTTP_ALLOWED_HOSTS');
});

test('a change comes from the same host and port, or with the header', () => {
  const host = 'a.example:8787';
  for (const good of [
    { origin: 'http://a.example:8787' },
    { origin: 'https://A.example:8787' },
    { 'x-sentinel-request': '1' },
  ])
    expect(() => checkOrigin({ host, ...good })).not.toThrow();
  for (const bad of [{}, { origin: 'http://a.example' }, { origin: 'null' }, { origin: 'http://a.example:8787.evil' }])
    expect(() => checkOrigin({ host, ...bad }), JSON.stringify(bad)).toThrow('own page');
});
