import { describe, expect, test } from 'vitest';
import { type Lag, LagJudge, PATIENCE_MS } from '#src/core/planning/lag.js';

const LIMITS = { replicaMs: 10_000, slotBytes: 1000, waitMs: 60_000 };
const replica = (name: string, behindMs: number): Lag => ({ kind: 'replica', name, behindMs });
const slot = (name: string, behindBytes: number): Lag => ({ kind: 'slot', name, behindBytes });

describe('reading', () => {
  test('goes on where nothing is behind, or not beyond the limit', () => {
    const judge = new LagJudge(LIMITS);
    expect(judge.judge([], 0, false)).toEqual({ worst: null, hopeless: [] });
    expect(judge.judge([replica('a', 10_000), slot('s', 1000)], 1, false).worst).toBeNull();
  });

  test('waits for what is furthest beyond its limit, in multiples of it', () => {
    const judge = new LagJudge(LIMITS);
    expect(judge.judge([replica('a', 20_000), slot('s', 3000), replica('b', 15_000)], 0, false).worst).toEqual(
      slot('s', 3000),
    );
  });

  test.each([
    ['replicas', { ...LIMITS, replicaMs: 0 }, replica('a', 1e9)],
    ['slots', { ...LIMITS, slotBytes: 0 }, slot('s', 1e15)],
  ])('does not wait for %s with a limit of 0', (_, limits, lag) => {
    expect(new LagJudge(limits).judge([lag], 0, false).worst).toBeNull();
  });
});

describe('a lag that does not shrink while nothing is read', () => {
  test('is waited for until patience is over, told once, and then not waited for', () => {
    const judge = new LagJudge(LIMITS);
    const late = replica('late by design', 3_600_000);
    expect(judge.judge([late], 0, false).worst).toEqual(late);
    expect(judge.judge([late], PATIENCE_MS - 1, true)).toEqual({ worst: late, hopeless: [] });
    expect(judge.judge([late], PATIENCE_MS, true)).toEqual({ worst: null, hopeless: [late] });
    expect(judge.judge([late], PATIENCE_MS + 1, true)).toEqual({ worst: null, hopeless: [] });
    expect(judge.judge([late], PATIENCE_MS * 9, false).worst).toBeNull();
    // Others still are.
    expect(judge.judge([late, slot('s', 2000)], PATIENCE_MS * 9, false).worst).toEqual(slot('s', 2000));
  });

  test('is waited for again once it has been within its limit', () => {
    const judge = new LagJudge(LIMITS);
    const late = replica('a', 20_000);
    judge.judge([late], 0, false);
    judge.judge([late], PATIENCE_MS, true);
    expect(judge.judge([replica('a', 0)], PATIENCE_MS + 1, false).worst).toBeNull();
    expect(judge.judge([late], PATIENCE_MS + 2, false).worst).toEqual(late);
  });

  test('is waited for as long as it shrinks', () => {
    const judge = new LagJudge(LIMITS);
    for (let look = 0; look < 100; look++) {
      const lag = replica('a', 1_000_000 - look);
      expect(judge.judge([lag], look * PATIENCE_MS * 0.9, true).worst).toEqual(lag);
    }
  });

  test('may stay as it is while something is read: that is no proof', () => {
    const judge = new LagJudge(LIMITS);
    const lag = replica('a', 20_000);
    judge.judge([lag], 0, false);
    expect(judge.judge([lag], PATIENCE_MS * 5, false)).toEqual({ worst: lag, hopeless: [] });
    expect(judge.judge([lag], PATIENCE_MS * 5 + 1, true)).toEqual({ worst: lag, hopeless: [] });
  });
});
