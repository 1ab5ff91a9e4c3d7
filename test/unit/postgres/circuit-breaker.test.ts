import { Worker } from 'node:worker_threads';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  BreakerOpenError,
  type BreakerState,
  CircuitBreaker,
  createBreakerBuffer,
} from '#src/adapters/postgres/circuit-breaker.js';
import { TSX_THREAD } from '../../support/tsx-thread.js';

const LIMITS = { failures: 3, cooldownMs: 1_000, recoveryMs: 0 };
const CAUSE = { code: 'ECONNREFUSED', message: 'nothing listens on 127.0.0.1:5433 — größer “quoted” 🙂' };

/** Breakers over one buffer, as in several threads, under a clock of the test's own. */
function setup(limits: Partial<typeof LIMITS> = {}) {
  const clock = { ms: 50 };
  const settings = { ...LIMITS, ...limits, state: createBreakerBuffer() };
  const told: BreakerState[] = [];
  const breaker = (holder = 0) =>
    new CircuitBreaker('cdc', settings, {
      probeLimitMs: 5_000,
      now: () => clock.ms,
      holder,
      onTransition: ({ to, facts }) => {
        expect(facts.state).toBe(to);
        told.push(to);
      },
    });
  const fail = (each: CircuitBreaker, times: number) => {
    for (let i = 0; i < times; i++) each.failed(each.enter(), CAUSE);
  };
  return { clock, breaker, told, fail, settings };
}

function refusal(breaker: CircuitBreaker): BreakerOpenError {
  try {
    breaker.enter();
  } catch (error) {
    expect(error).toBeInstanceOf(BreakerOpenError);
    return error as BreakerOpenError;
  }
  throw new Error('it let the request through');
}

describe('CircuitBreaker', () => {
  test('opens after failures in a row, whichever threads they come from, and says why', () => {
    const { breaker, fail, told, clock } = setup();
    const [one, other] = [breaker(1), breaker(2)];
    fail(one, 2);
    one.succeeded(one.enter());
    fail(other, 2);
    expect(one.facts()).toMatchObject({ state: 'closed', failures: 2, cause: null, openForMs: 0, retryInMs: 0 });
    fail(one, 1);
    expect(told).toEqual(['open']);
    clock.ms += 400;
    const facts = other.facts();
    expect(facts).toEqual({ state: 'open', failures: 3, openForMs: 400, retryInMs: 600, openings: 1, cause: CAUSE });
    expect(refusal(other)).toMatchObject({ code: 'breaker_open', retryable: true, retryInMs: 600, opened: CAUSE });
    expect(refusal(one).message).toBe(
      `cdc is not asked for now: its circuit breaker opened 0.4 s ago after 3 failed connections in a row: ${CAUSE.message}; it is tried again in 0.6 s`,
    );
  });

  test('after the cooldown one request of all threads tries; its success lets all through and moves the generation', () => {
    const { breaker, fail, told, clock } = setup();
    const [one, other] = [breaker(1), breaker(2)];
    fail(one, 3);
    clock.ms += 999;
    refusal(one);
    clock.ms += 1;
    const probe = other.enter();
    expect(probe.probeAt).not.toBeNull();
    expect(refusal(one).retryInMs).toBeGreaterThan(0);
    expect([one.facts().state, one.generation()]).toEqual(['half-open', 0]);
    other.succeeded(probe);
    expect([one.facts().state, one.generation()]).toEqual(['closed', 1]);
    expect(one.enter()).toEqual({ generation: 1, probeAt: null });
    expect(one.facts()).toMatchObject({ failures: 0, openings: 1 });
    expect(told).toEqual(['open', 'half-open', 'closed']);
  });

  test('a probe that fails begins the cooldown anew', () => {
    const { breaker, fail, clock, told } = setup();
    const one = breaker();
    fail(one, 3);
    clock.ms += 1_500;
    const probe = one.enter();
    clock.ms += 200;
    one.failed(probe, { code: '57P03', message: 'starting up' });
    expect(one.facts()).toMatchObject({ state: 'open', failures: 4, openForMs: 1_700, retryInMs: 1_000, openings: 1 });
    expect(refusal(one).opened?.code).toBe('57P03');
    expect(told).toEqual(['open', 'half-open', 'open']);
  });

  test('a probe that was never made leaves it to the next request', () => {
    const { breaker, fail, clock } = setup();
    const one = breaker();
    fail(one, 3);
    clock.ms += 1_000;
    one.withdrawn(one.enter());
    expect(one.enter().probeAt).not.toBeNull();
  });

  test('a probe whose thread died is given to another at once, one that hangs after its limit', () => {
    const { breaker, fail, clock } = setup();
    const [one, other] = [breaker(1), breaker(2)];
    fail(one, 3);
    clock.ms += 1_000;
    one.enter();
    other.reclaim(7);
    refusal(other);
    other.reclaim(1);
    const second = other.enter();
    clock.ms += 5_000;
    refusal(one);
    clock.ms += 1;
    const third = one.enter();
    expect(third.probeAt).not.toBeNull();
    // What the one given up says late counts no more.
    other.failed(second, CAUSE);
    expect(one.facts().state).toBe('half-open');
    one.succeeded(third);
    other.succeeded(second);
    expect([one.facts().state, one.generation()]).toEqual(['closed', 1]);
  });

  test('what began before it opened changes nothing after it closed', () => {
    const { breaker, fail, clock } = setup();
    const one = breaker();
    const [early, late] = [one.enter(), one.enter()];
    fail(one, 3);
    one.succeeded(early);
    expect(one.facts().state).toBe('open');
    clock.ms += 1_000;
    one.succeeded(one.enter());
    fail(one, 2);
    one.failed(late, CAUSE);
    one.succeeded(early);
    expect(one.facts()).toMatchObject({ state: 'closed', failures: 2 });
  });

  test('works on while its clock goes round', () => {
    const { breaker, fail, clock } = setup();
    clock.ms = 2 ** 31 - 200;
    const one = breaker();
    fail(one, 3);
    clock.ms += 400;
    expect(one.facts()).toMatchObject({ openForMs: 400, retryInMs: 600 });
    clock.ms += 600;
    one.succeeded(one.enter());
    expect(one.facts().state).toBe('closed');
  });

  test('a cause too long for it is cut', () => {
    const { breaker } = setup({ failures: 1 });
    const one = breaker();
    one.failed(one.enter(), { code: 'x', message: '🙂'.repeat(5_000) });
    expect(one.facts().cause?.message.length).toBeLessThanOrEqual(400);
  });

  test('real threads: of many that ask at once exactly one tries, every time', async () => {
    const threads = 4;
    const settings = { failures: 1, cooldownMs: 1, recoveryMs: 0, state: createBreakerBuffer() };
    const gate = new Int32Array(new SharedArrayBuffer(8));
    const source = new URL('../../support/breaker-thread.ts', import.meta.url);
    const workers = Array.from(
      { length: threads },
      () =>
        new Worker(source, {
          workerData: { settings, gate, rounds: 100 },
          execArgv: TSX_THREAD,
        }),
    );
    onTestFinished(async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    });
    const breaker = new CircuitBreaker('cdc', settings, { probeLimitMs: 60_000 });
    const answers = workers.map(
      (worker) =>
        new Promise<number[]>((resolve, reject) => {
          worker.once('message', resolve);
          worker.once('error', reject);
        }),
    );
    const probes = await Promise.all(answers);
    for (let round = 0; round < 100; round++)
      expect(
        probes.reduce((sum, of) => sum + of[round]!, 0),
        `round ${round}`,
      ).toBe(1);
    expect(breaker.facts()).toMatchObject({ state: 'closed', openings: 100 });
    expect(breaker.generation()).toBe(100);
  });
});
