import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { fullJitterDelayMs, isTransient, type RetryNotice, withRetry } from '#src/adapters/postgres/retry.js';
import { rejection } from '../../support/connections.js';

const settings = { maxAttempts: 3, backoffFactor: 2, initialDelayMs: 1_000, maxDelayMs: 3_000 };
const describeIt = { source: 'batch', operation: 'list tables' };
const failure = (code: string) => Object.assign(new Error(code), { code });

/** Fails with these codes in turn, then succeeds. */
function failing(...codes: string[]) {
  const tries: number[] = [];
  const operation = async (attempt: number) => {
    tries.push(attempt);
    const code = codes[tries.length - 1];
    if (code !== undefined) throw failure(code);
    return 'done';
  };
  return { tries, operation };
}

describe('isTransient', () => {
  const transient = '08000 08001 08003 08006 08007 57P01 57P02 57P03 57P05 53300 53400 40001 40P01 55P03 25P03 25P04';
  test.each([...transient.split(' '), 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN'])(
    '%s',
    (code) => {
      expect(isTransient(failure(code))).toBe(true);
    },
  );
  test.each('08P01 08004 42P01 42501 28P01 28000 22003 3D000 57014 XX000 ENOTFOUND'.split(' '))('not %s', (code) => {
    expect(isTransient(failure(code))).toBe(false);
  });
  test('a connection that ended under a query, which node-postgres gives no code', () => {
    expect(isTransient(new Error('Connection terminated unexpectedly'))).toBe(true);
    expect(isTransient(new Error('Received unexpected dataRow message from backend.'))).toBe(false);
  });
  test.each<[string, boolean]>([
    ['server login has been failing, try again later (server_login_retry)', true],
    ['server login has been failing, cached error: connect failed (server_login_retry)', true],
    ['server conn crashed?', true],
    ['query_wait_timeout', true],
    ['no more connections allowed (max_client_conn)', true],
    ['too many connections for database "shop"', true],
    ['SASL authentication failed', false],
    [
      'server login has been failing, cached error: password authentication failed for user "x" (server_login_retry)',
      false,
    ],
    ['database "shop" does not exist', false],
    ['query timeout', false],
    ['unsupported startup parameter: x', false],
  ])('of PgBouncer, whose errors are all 08P01: %s', (message, expected) => {
    expect(isTransient(Object.assign(new Error(message), { code: '08P01' }))).toBe(expected);
  });
  test('failures as data say so themselves', () => {
    expect(isTransient({ code: '42P01', message: '', retryable: true })).toBe(true);
    expect(isTransient({ code: '57P01', message: '', retryable: false })).toBe(false);
  });
  test.each([undefined, null, 'ECONNRESET', 7])('nothing known about %s', (thrown) => {
    expect(isTransient(thrown)).toBe(false);
  });
});

describe('fullJitterDelayMs', () => {
  test('is between 0 and the nominal delay, which grows up to the longest', () => {
    const most = [0, 1, 2, 3].map((attempt) => fullJitterDelayMs(attempt, settings, () => 1));
    expect(most).toEqual([1_000, 2_000, 3_000, 3_000]);
    expect(fullJitterDelayMs(1, settings, () => 0)).toBe(0);
    expect(fullJitterDelayMs(1, settings, () => 0.25)).toBe(500);
  });
  test('stays a number when the factor overflows', () => {
    expect(fullJitterDelayMs(5_000, settings, () => 1)).toBe(3_000);
    expect(fullJitterDelayMs(5_000, { ...settings, initialDelayMs: 0 }, () => 1)).toBe(0);
  });
});

describe('withRetry', () => {
  const slept: number[] = [];
  const options = (notices: RetryNotice[] = []) => ({
    settings,
    describe: describeIt,
    onRetry: (notice: RetryNotice) => void notices.push(notice),
    random: () => 0.5,
    sleep: async (ms: number) => void slept.push(ms),
  });

  test('tries again after transient failures and tells about each', async () => {
    slept.length = 0;
    const { tries, operation } = failing('ECONNREFUSED', '57P03');
    const notices: RetryNotice[] = [];
    expect(await withRetry(operation, options(notices))).toBe('done');
    expect(tries).toEqual([1, 2, 3]);
    expect(slept).toEqual([500, 1_000]);
    expect(notices.map(({ cause, ...notice }) => ({ ...notice, cause: cause.message }))).toEqual([
      { ...describeIt, attempt: 1, delayMs: 500, cause: 'ECONNREFUSED' },
      { ...describeIt, attempt: 2, delayMs: 1_000, cause: '57P03' },
    ]);
  });

  test('MAX_RETRY_ATTEMPTS counts retries after the first try; the last error is the one told', async () => {
    const { tries, operation } = failing('ECONNREFUSED', 'ECONNREFUSED', 'ECONNREFUSED', '57P03', '57P03');
    expect((await rejection(withRetry(operation, options()))).code).toBe('57P03');
    expect(tries).toEqual([1, 2, 3, 4]);
  });

  test('does not try again after what will not pass by itself', async () => {
    const { tries, operation } = failing('ECONNREFUSED', '28P01', 'ECONNREFUSED');
    expect((await rejection(withRetry(operation, options()))).code).toBe('28P01');
    await pause(20); // async-retry starts a try of its own when one rejects after it gave up
    expect(tries).toEqual([1, 2]);
  });

  test('settles whatever is thrown', async () => {
    for (const thrown of [undefined, null, 'text', { code: '42P01', message: 'gone' }])
      expect(await rejection(withRetry(() => Promise.reject(thrown), options()))).toBeInstanceOf(Error);
  });

  test('an abort ends the wait and allows no further try', async () => {
    const controller = new AbortController();
    const { tries, operation } = failing('ECONNREFUSED', 'ECONNREFUSED');
    const ended = withRetry(operation, {
      settings: { ...settings, initialDelayMs: 3_600_000, maxDelayMs: 3_600_000 },
      describe: describeIt,
      onRetry: () => setImmediate(() => controller.abort(new Error('stopping'))),
      random: () => 1,
      signal: controller.signal,
    });
    expect((await rejection(ended)).message).toBe('stopping');
    expect(tries).toEqual([1]);
  });

  test('an operation is not started for a signal that is aborted already', async () => {
    const { tries, operation } = failing();
    const signal = AbortSignal.abort(new Error('stopping'));
    expect((await rejection(withRetry(operation, { ...options(), signal }))).message).toBe('stopping');
    expect(tries).toEqual([]);
  });
});
