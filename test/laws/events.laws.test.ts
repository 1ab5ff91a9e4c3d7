import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventClock } from '#src/core/events/event-clock.js';
import { decodeEvents, encodeEvents } from '#src/core/events/event-codec.js';
import { EventState } from '#src/core/events/event-state.js';
import { summariseEvents } from '#src/core/events/event-summary.js';
import type { EventBuckets, EventHistory } from '#src/core/model/event-history.js';
import { CorruptState } from '#src/core/sketches/bytes.js';
import { bool, type Field, float8, int4, numeric, text } from '../support/copy-bytes.js';
import { eventSpecs, eventState, eventTime } from '../support/event-rows.js';

const HOUR = 3_600_000;
const CLOCK = { asOfMs: Date.UTC(2026, 10, 3, 10, 20), timeZone: 'Europe/Berlin' };
const SPECS = eventSpecs('timestamptz', ['int4', 'float8', 'numeric', 'text', 'bool']);

/** Hours from the clock: of every age, ahead, and far more often near each other. */
const times = fc.oneof(
  fc.integer({ min: -30, max: 3 }),
  fc.integer({ min: -20 * 24, max: 30 }),
  fc.integer({ min: -420 * 24, max: 24 }),
);
const row = fc.tuple(
  fc.option(
    times.map((hours) => eventTime('timestamptz', CLOCK.asOfMs + hours * HOUR)),
    { freq: 20 },
  ),
  fc.option(fc.oneof(fc.integer({ min: -3, max: 60 }), fc.integer({ min: -1e6, max: 1e6 })).map(int4)),
  fc.option(
    fc
      .oneof(fc.integer({ min: 0, max: 5 }), fc.double({ min: -1e6, max: 1e6 }), fc.constantFrom(Number.NaN, 1 / 0))
      .map(float8),
  ),
  fc.option(fc.integer({ min: -999, max: 999 }).map((n) => numeric(`${n}.5`))),
  fc.option(fc.oneof(fc.constantFrom('a', '', 'ß'), fc.nat(400).map(String), fc.constant('x'.repeat(70))).map(text)),
  fc.option(fc.boolean().map(bool)),
) as fc.Arbitrary<Field[]>;
const rows = fc.oneof(fc.array(row, { maxLength: 12 }), fc.array(row, { minLength: 60, maxLength: 160 }));

const stateOf = (data: readonly Field[][]) => eventState(SPECS, data, CLOCK);
const history = (state: EventState) => summariseEvents(state, false);

function merged(...states: EventState[]): EventState {
  const whole = new EventState(SPECS, { column: 0, clock: eventClock(CLOCK.timeZone, CLOCK.asOfMs) });
  for (const state of states) whole.merge(state);
  return whole;
}

/** Equal in all that is counted; sums are of doubles, so means and variances are equal within their rounding. */
function expectSame(found: EventHistory, expected: EventHistory): void {
  expect(counts(found)).toEqual(counts(expected));
  for (const unit of ['days', 'hours'] as const)
    for (const [name, { mean, variance }] of Object.entries(expected[unit]!.columns)) {
      const other = found[unit]!.columns[name]!;
      mean?.forEach((value, i) => void expectClose(other.mean![i]!, value, 1e-9));
      variance?.forEach((value, i) => void expectClose(other.variance![i]!, value, 1e-6));
    }
}

function expectClose(found: number | null, expected: number | null, tolerance: number): void {
  if (found === null || expected === null) expect(found).toBe(expected);
  else expect(Math.abs(found - expected)).toBeLessThanOrEqual(tolerance * (1 + Math.abs(expected)));
}

function counts({ days, hours }: EventHistory) {
  const of = ({ columns, ...buckets }: EventBuckets) => ({
    ...buckets,
    columns: Object.entries(columns).map(([name, { nonNull, values }]) => ({ name, nonNull, values })),
  });
  return [of(days), of(hours!)];
}

describe('the state of a history', () => {
  it('is the same whole and split', () => {
    fc.assert(
      fc.property(rows, fc.nat(), (data, cut) => {
        const at = data.length === 0 ? 0 : cut % data.length;
        expectSame(history(merged(stateOf(data.slice(0, at)), stateOf(data.slice(at)))), history(stateOf(data)));
      }),
      { numRuns: 100 },
    );
  });

  it('is commutative and associative, and has an identity', () => {
    fc.assert(
      fc.property(rows, rows, rows, (a, b, c) => {
        const [x, y, z] = [stateOf(a), stateOf(b), stateOf(c)];
        expectSame(history(merged(x, y)), history(merged(y, x)));
        expectSame(history(merged(merged(x, y), z)), history(merged(x, merged(y, z))));
        expect(history(merged(x, stateOf([])))).toEqual(history(x));
      }),
      { numRuns: 50 },
    );
  });

  it('comes back from its bytes, and neither merging nor summarising nor encoding changes it', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const state = stateOf(a);
        const bytes = state.encode();
        const back = EventState.decode(bytes, SPECS);
        expect(back.encode()).toEqual(bytes);
        expect(history(back)).toEqual(history(state));
        expectSame(history(merged(back, stateOf(b))), history(merged(state, stateOf(b))));
        merged(stateOf(b), state);
        expect(state.encode()).toEqual(bytes);
      }),
      { numRuns: 50 },
    );
  });

  it('throws CorruptState on cut or foreign bytes, never anything else', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(255), (data, at, byte) => {
        const bytes = stateOf(data).encode();
        expect(() => EventState.decode(bytes.subarray(0, at % bytes.length), SPECS)).toThrow(CorruptState);
        const changed = bytes.slice();
        changed[at % bytes.length] = byte;
        try {
          history(EventState.decode(changed, SPECS));
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptState);
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('an encoded history', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(rows, fc.boolean(), (data, declared) => {
        const made = summariseEvents(stateOf(data), declared);
        expect(decodeEvents(encodeEvents(made))).toEqual(made);
      }),
      { numRuns: 50 },
    );
  });

  it('throws CorruptState on cut or foreign bytes, never anything else', () => {
    fc.assert(
      fc.property(rows, fc.nat(), fc.nat(255), (data, at, byte) => {
        const bytes = encodeEvents(history(stateOf(data)));
        expect(() => decodeEvents(bytes.subarray(0, at % bytes.length))).toThrow(CorruptState);
        const changed = bytes.slice();
        changed[at % bytes.length] = byte;
        try {
          decodeEvents(changed);
        } catch (error) {
          expect(error).toBeInstanceOf(CorruptState);
        }
      }),
      { numRuns: 100 },
    );
  });
});
