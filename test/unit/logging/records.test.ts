import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatText, jsonFormatter } from '#src/adapters/logging/format-record.js';
import { createLogSystem, type LogSystemOptions } from '#src/adapters/logging/log-system.js';
import { plainFields } from '#src/adapters/logging/plain-fields.js';
import { createWorkerLogger } from '#src/adapters/logging/worker-logger.js';
import type { LogSettings } from '#src/config/config.js';
import type { LogRecord } from '#src/contract/messages.js';

const RECORD: LogRecord = {
  level: 'warn',
  time: Date.UTC(2026, 10, 23, 6),
  component: 'batch_db',
  thread: 'worker-3',
  msg: 'trying again 100%s',
  fields: { run: 'r1', source: 'batch', table: 'public.a b', attempt: 2 },
};

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sentinel-logs-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function openLogs(settings: Partial<LogSettings> = {}, options: Partial<LogSystemOptions> = {}) {
  const console = new PassThrough({ encoding: 'utf8' });
  const logs = createLogSystem(
    { dir, maxBytes: 10 * 2 ** 20, backupCount: 5, level: 'info', componentLevels: {}, format: 'auto', ...settings },
    { console, quiet: false, ...options },
  );
  const read = (name: string) => readFileSync(join(dir, name), 'utf8');
  return { ...logs, read, shown: () => (console.read() as string | null) ?? '' };
}

test('a JSON line has level, time, thread and component before the fields, and the message last', () => {
  expect(jsonFormatter()(RECORD)).toBe(
    '{"level":"warn","time":"2026-11-23T06:00:00.000Z","thread":"worker-3","component":"batch_db",' +
      '"run":"r1","source":"batch","table":"public.a b","attempt":2,"msg":"trying again 100%s"}',
  );
});

test('fields named like ours do not give a JSON line the same key twice', () => {
  const line = jsonFormatter()({ ...RECORD, fields: { level: 9, time: 1, msg: 'x', thread: 'y', component: 'z' } });
  expect(line.match(/"(level|time|msg|thread|component)":/g)).toHaveLength(5);
  expect(JSON.parse(line)).toMatchObject({ level: 'warn', msg: 'trying again 100%s', ownMsg: 'x', ownLevel: 9 });
});

test('a text line is one line whatever is in it', () => {
  expect(formatText(RECORD)).toBe(
    '2026-11-23T06:00:00.000Z WARN  worker-3 batch_db: trying again 100%s run=r1 source=batch table="public.a b" attempt=2',
  );
  const line = formatText({ ...RECORD, msg: 'a\nb\u001B[2Jc', fields: {} });
  expect(line).toContain('a\\u{a}b\\u{1b}[2Jc');
});

test('fields become plain data: errors, dates, big integers, bytes, cycles, getters that throw', () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const fields = {
    err: Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'ECONNRESET', parameters: ['x'] }),
    at: new Date(0),
    big: 2n ** 60n,
    bytes: Buffer.from('abc'),
    nan: Number.NaN,
    call: () => 1,
    map: new Map([['k', 1]]),
    long: 'x'.repeat(10_000),
    cycle,
    get bad(): string {
      throw new Error('getter');
    },
  };
  // Nested, since a getter of the fields themselves runs at the caller's.
  const plain = plainFields({ nested: fields }).nested as Record<string, unknown>;
  expect(plain.err).toMatchObject({
    type: 'TypeError',
    message: 'no',
    code: 'ECONNRESET',
    cause: { message: 'why' },
  });
  expect(plain.err).not.toHaveProperty('parameters');
  expect(plain).toMatchObject({ at: '1970-01-01T00:00:00.000Z', big: '1152921504606846976', bytes: '(3 bytes)' });
  expect(plain).toMatchObject({ nan: 'NaN', map: { k: 1 }, bad: '(unreadable)' });
  expect(plain).not.toHaveProperty('call');
  expect((plain.long as string).length).toBeLessThan(9000);
  expect(JSON.stringify(plain.cycle)).toContain('…');
  expect(structuredClone(plain)).toEqual(plain);
});

test('a worker’s records carry thread and component, and none below its level', () => {
  const records: LogRecord[] = [];
  const log = createWorkerLogger((record) => records.push(structuredClone(record)), {
    thread: 'worker-1',
    level: 'info',
  });
  log('profiler').info({ run: 'r1', table: 't', close: () => {} }, 'done');
  log('profiler').debug({}, 'not sent');
  expect(records).toMatchObject([
    { level: 'info', thread: 'worker-1', component: 'profiler', msg: 'done', fields: { run: 'r1', table: 't' } },
  ]);
});

test('a component may have a level of its own, in the main thread and in workers; the others have LOG_LEVEL', async () => {
  const componentLevels = { profiler: 'debug', batch_db: 'error', orchestrator: 'warn' } as const;
  const wanted = { profiler: 4, detector: 3, batch_db: 1, alerts: 2 };
  const logs = openLogs({ componentLevels });
  const worker = createWorkerLogger((record) => logs.accept(record), {
    thread: 'worker-1',
    level: 'info',
    componentLevels,
  });
  for (const log of [logs.logger, worker])
    for (const component of Object.keys(wanted))
      for (const level of ['debug', 'info', 'warn', 'error'] as const) log(component)[level]({}, level);
  await logs.close();
  for (const [component, count] of Object.entries(wanted)) {
    const text = logs.read(component === 'alerts' ? 'orchestrator.log' : `${component}.log`);
    expect(text.match(/"thread":"main"/g), component).toHaveLength(count);
    expect(text.match(/"thread":"worker-1"/g), component).toHaveLength(count);
  }
});

test('each component has its file, and a name from outside cannot choose one', async () => {
  const logs = openLogs();
  for (const component of ['profiler', 'detector', 'orchestrator', 'batch_db', 'alerts', '../../etc/x_db', 'x/y_db'])
    logs.logger(component).info({}, component);
  await logs.close();
  expect(readdirSync(dir).sort()).toEqual(['batch_db.log', 'detector.log', 'orchestrator.log', 'profiler.log']);
  expect(logs.read('orchestrator.log').match(/\n/g)).toHaveLength(4);
});

test('nothing is made before the first record, nor for records below the level', async () => {
  const logs = openLogs({ dir: join(dir, 'deep', 'logs'), level: 'warn' });
  logs.logger('profiler').info({}, 'x');
  await logs.close();
  expect(readdirSync(dir)).toEqual([]);
});

test('the console shows text from warn on, only errors when quiet, and more when asked', async () => {
  for (const [options, levels] of [
    [{}, ['WARN', 'ERROR']],
    [{ quiet: true }, ['ERROR']],
    [{ consoleLevel: 'info' as const }, ['INFO', 'WARN', 'ERROR']],
  ] as const) {
    const logs = openLogs({}, options);
    const log = logs.logger('profiler');
    log.debug({}, 'x');
    log.info({}, 'x');
    log.warn({}, 'x');
    log.error({}, 'x');
    await logs.close();
    expect(logs.shown().match(/DEBUG|INFO|WARN|ERROR/g)).toEqual(levels);
  }
});

test('LOG_FORMAT chooses text or JSON everywhere', async () => {
  const text = openLogs({ format: 'text' });
  text.accept(RECORD);
  await text.close();
  expect(text.read('batch_db.log')).toBe(`${formatText(RECORD)}\n`);
  const json = openLogs({ format: 'json' });
  json.accept(RECORD);
  await json.close();
  expect(JSON.parse(json.shown())).toMatchObject({ msg: RECORD.msg });
});

test('no secret reaches a file or the console, wherever it hides', async () => {
  const secret = 'hunter2';
  const logs = openLogs({}, { secrets: [secret] });
  const err = new Error(`login with ${secret} failed`, { cause: new Error(`at postgres://u:${secret}@h`) });
  logs.logger('batch_db').error({ err, settings: { password: 'other' }, [secret]: 1, list: [secret] }, `no ${secret}`);
  logs.accept({ ...RECORD, msg: secret, fields: { url: 'https://h/other', deep: { text: `x${secret}y` } } });
  await logs.close();
  const written = logs.read('batch_db.log') + logs.shown();
  expect(written).not.toContain(secret);
  expect(written).not.toContain('other');
  expect(written).toContain('login with *** failed');
});
