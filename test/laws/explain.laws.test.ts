import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainRows } from '#src/core/incidents/explain.js';
import type { EventBuckets, EventColumn } from '#src/core/model/event-history.js';
import { eventDays } from '../support/event-days.js';

const CAUSE = /^(\S.* % of the (missing|extra) rows have (no \S+|\S+ = '.*')|Every value came about twice .*)\.$/u;

/** How many rows of a day each value of a column has, value by value; the last one stands for null. */
type Counts = readonly number[];

const columnOf = (counts: readonly Counts[]): EventColumn => ({
  nonNull: counts.map((day) => day.slice(0, -1).reduce((sum, count) => sum + count, 0)),
  values: counts[0]!.slice(0, -1).map((_, value) => ({ value: `v${value}`, counts: counts.map((day) => day[value]!) })),
});

const totalOf = (counts: Counts) => counts.reduce((sum, count) => sum + count, 0);

/** Days with each of the columns split as `splits` says; `rows` a day follow from the first. */
function daysOf(splits: readonly (readonly Counts[])[]): EventBuckets {
  const columns = Object.fromEntries(splits.map((counts, i) => [`c${i}`, columnOf(counts)]));
  return eventDays(splits[0]!.map(totalOf), columns).days;
}

/** A column of 2 to 6 values, in hundreds of rows a day. */
const split = fc.array(
  fc.integer({ min: 1, max: 50 }).map((count) => count * 100),
  { minLength: 2, maxLength: 6 },
);
const past = fc.integer({ min: 7, max: 60 });

const repeat = <T>(times: number, value: T): T[] => Array.from({ length: times }, () => value);

describe('what explains a change of rows', () => {
  test('is no value where all values change alike', () => {
    const factor = fc.oneof(fc.integer({ min: 0, max: 99 }), fc.integer({ min: 101, max: 900 }));
    fc.assert(
      fc.property(split, past, factor, (usual, before, percent) => {
        const last = usual.map((count) => (count / 100) * percent);
        const cause = explainRows(daysOf([[...repeat(before, usual), last]]), before, totalOf(usual));
        expect(cause === null || cause.startsWith('Every value')).toBe(true);
      }),
    );
  });

  test('is the one value that is gone, where its column has others', () => {
    const gone = fc.tuple(split, fc.nat()).map(([usual, n]) => ({ usual, n: n % usual.length }));
    fc.assert(
      fc.property(gone, split, past, ({ usual, n }, other, before) => {
        const last = usual.map((count, value) => (value === n ? 0 : count));
        fc.pre(totalOf(last) >= 0.03 * totalOf(usual));
        // The other column has the same rows, and loses its own alike.
        const scale = totalOf(usual) / totalOf(other);
        const shrunk = totalOf(last) / totalOf(other);
        const alike = [
          ...repeat(
            before,
            other.map((count) => count * scale),
          ),
          other.map((count) => count * shrunk),
        ];
        const cause = explainRows(daysOf([alike, [...repeat(before, usual), last]]), before, totalOf(usual));
        const which = n === usual.length - 1 ? 'no c1' : `c1 = 'v${n}'`;
        expect(cause).toBe(`100 % of the missing rows have ${which}.`);
      }),
    );
  });

  test('is one sentence or nothing, whatever the figures are', () => {
    const count = fc.oneof(fc.nat(20), fc.nat(1_000_000));
    const hostile = fc
      .tuple(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 2, max: 4 }))
      .chain(([length, values]) =>
        fc.array(fc.array(count, { minLength: values, maxLength: values }), { minLength: length, maxLength: length }),
      );
    const expected = fc.oneof(fc.nat(2_000_000), fc.double({ min: -1e9, max: 1e9 }), fc.constant(Number.NaN));
    fc.assert(
      fc.property(hostile, fc.nat(), expected, fc.nat(70), (counts, index, rows, complete) => {
        const days = { ...daysOf([counts]), complete: Math.min(complete, counts.length) };
        const cause = explainRows(days, index % counts.length, rows);
        expect(cause ?? "1 % of the missing rows have x = ''.").toMatch(CAUSE);
      }),
      { numRuns: 500 },
    );
  });
});
