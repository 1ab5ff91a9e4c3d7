import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { EventHub } from '#src/adapters/http/event-hub.js';
import type { Daemon, DaemonStatus, WantedRun } from '#src/adapters/http/ports.js';
import { createHttpServer } from '#src/adapters/http/server.js';
import type { Logger } from '#src/adapters/logging/logger.js';

const TOKEN = 'a-token-that-nobody-knows';
const STATUS = {
  version: '0',
  startedAt: 0,
  role: 'active',
  brief: null,
  reason: null,
  running: null,
  page: null,
} as const;

let app: FastifyInstance;
let log: object[] = [];
let wanted: WantedRun[] = [];
beforeAll(async () => {
  const daemon = {
    status: (): DaemonStatus => STATUS,
    events: new EventHub(),
    startRun(run: WantedRun) {
      wanted.push(run);
      return {
        command: run.command,
        schedule: null,
        startedAt: 0,
        run: null,
        tables: { listed: 0, done: 0, failed: 0 },
        rows: 0,
        bytes: 0,
      };
    },
  } as unknown as Daemon;
  const take = (fields: object) => void log.push(fields);
  app = await createHttpServer({
    settings: { host: '127.0.0.1', port: 1, token: TOKEN },
    daemon,
    log: { info: take, debug: take, error: take } as unknown as Logger,
    pages: async () => undefined,
  });
});
afterAll(() => app.close());
beforeEach(() => {
  log = [];
  wanted = [];
});

const ask = (url: string, more: object = {}): Promise<LightMyRequestResponse> =>
  app.inject({ url, headers: { host: 'localhost', authorization: `Bearer ${TOKEN}` }, ...more });
const post = (url: string, payload?: object) => ask(url, { method: 'POST', ...(payload && { payload }) });
/** As a page of ours, which has no token yet. */
const logIn = (payload?: object) =>
  ask('/login', {
    method: 'POST',
    headers: { host: 'localhost', 'x-sentinel-request': '1' },
    ...(payload && { payload }),
  });

test.each([
  ['/api/v1/incidents/%E0%A4%A', 400, 'the path is not percent-encoded as it must be'],
  [`/api/v1/incidents/${'a'.repeat(400)}`, 414, 'a part of the path is too long'],
])('a path that cannot be read, %s, is answered and logged like any other', async (url, status, words) => {
  const { statusCode, headers, json } = await ask(url);
  expect([statusCode, json()]).toEqual([status, { code: 'bad_request', message: expect.stringContaining(words) }]);
  expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' });
  expect(log).toMatchObject([{ method: 'GET', path: url, status }]);
});

test.each([
  ['/api/v1/tables?sort=size', 'the parameter "sort" is "size"; allowed: name, rows, freshness, seen, incidents'],
  ['/api/v1/runs?limt=3', 'there is no parameter "limt"; there are limit, before, state'],
  ['/api/v1/runs?limit=many', 'the parameter "limit" is "many"; allowed: a whole number'],
  ['/api/v1/runs?limit=0', 'the parameter "limit" is 0; allowed: 1 and more'],
  ['/api/v1/incidents/12', 'the part of the path "id" is "12"; allowed: what matches ^INC-[0-9]{1,18}$: as INC-12'],
  ['/api/v1/tables/a/b/c/series', 'the parameter "metric" is missing'],
])('what is wrong with %s is said, and what is allowed', async (url, message) => {
  expect((await ask(url)).json()).toEqual({ code: 'bad_request', message });
});

test.each([
  [
    { sources: 'all of them', gentel: true },
    'there is no field "gentel"; there are command, sources, tables, exclude, gentle, actor',
  ],
  [[1], 'the body is a list; allowed: a JSON object'],
  [{ command: 'rum' }, 'the field "command" is "rum"; allowed: run, profile, detect'],
])('the same of a body: %j', async (body, message) => {
  expect((await post('/api/v1/runs', body)).json()).toEqual({ code: 'bad_request', message });
});

test('a time that is none is told its format', async () => {
  const { message } = (await post('/api/v1/incidents/INC-1/mute', { until: 'tomorrow' })).json();
  expect(message).toBe('the field "until" is "tomorrow"; allowed: a time with its zone, as 2026-01-31T18:00:00Z');
});

test('what is sent as a token is not said back', async () => {
  const answer = await logIn({ token: 'x'.repeat(1_001) });
  expect(answer.json().message).toBe('the field "token" is not as it must be; allowed: 1000 characters at most');
});

test('no body is needed where every field is optional, with and without a type', async () => {
  const json = { host: 'localhost', authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  for (const answer of [await post('/api/v1/runs'), await ask('/api/v1/runs', { method: 'POST', headers: json })])
    expect([answer.statusCode, answer.json()]).toMatchObject([202, { command: 'run' }]);
  expect(wanted).toHaveLength(2);
  expect(wanted[0]).toMatchObject({ command: 'run', sources: [], tables: [], exclude: [], gentle: false });
  expect((await logIn()).json()).toEqual({
    code: 'bad_request',
    message: 'the body is empty; allowed: a JSON object',
  });
});
