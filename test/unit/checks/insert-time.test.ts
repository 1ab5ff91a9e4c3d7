import { describe, expect, test } from 'vitest';
import { chooseInsertTime, findInsertTime, isInsertTime } from '#src/core/checks/insert-time.js';
import { parseTimestamp } from '#src/core/checks/parse-timestamp.js';
import type { ColumnProfile } from '#src/core/model/profile.js';
import type { ColumnSpec, ValueKind } from '#src/core/model/relation.js';
import { NOW, profileOf } from '../../support/table-history.js';

const TZ = 'timestamp with time zone';
const column = (name: string, type = TZ, different: Partial<ColumnProfile> = {}): ColumnProfile => ({
  name,
  type,
  nullCount: 0,
  max: '2026-11-23T02:00:00+00:00',
  ...different,
});
const found = (...columns: ColumnProfile[]) => findInsertTime(profileOf(1000, columns), NOW)?.column;

describe('by name', () => {
  test.each([
    'created_at',
    'createdAt',
    'CREATED_ON',
    'insert_ts',
    '_loaded_at',
    'ingestion_time',
    'event_time',
    'recorded_at',
    'occurred_at',
    '_airbyte_record_loaded_at',
  ])('%s is one', (name) => {
    expect(found(column(name))).toBe(name);
  });

  test.each([
    'updated_at',
    'modified',
    'last_changed_at',
    'created_or_updated_at',
    'birth_date',
    'recreated',
    'event_end',
    'constructor',
    'id',
  ])('%s is none', (name) => {
    expect(found(column(name))).toBeUndefined();
  });

  test.each([
    ['timestamp without time zone', true],
    ['timestamp(3) without time zone', true],
    ['date', true],
    ['text', false],
    ['time without time zone', false],
    ['bigint', false],
  ])('type %s: %s', (type, expected) => {
    expect(found(column('created_at', type)) !== undefined).toBe(expected);
  });
});

describe('of several', () => {
  test('arrival comes before making, making before happening', () => {
    expect(found(column('event_time'), column('created_at'), column('loaded_at'))).toBe('loaded_at');
    expect(found(column('event_time'), column('created_at'))).toBe('created_at');
  });

  test('a time with a zone before one without, then the first', () => {
    expect(found(column('created_date', 'date'), column('created_at'))).toBe('created_at');
    expect(found(column('created_b'), column('created_a'))).toBe('created_b');
  });
});

test('nulls: a stray one is let pass, more are not, unknown is not', () => {
  expect(found(column('created_at', TZ, { nullCount: 10 }))).toBe('created_at');
  expect(found(column('created_at', TZ, { nullCount: 11 }))).toBeUndefined();
  expect(found({ name: 'created_at', type: TZ })).toBeUndefined();
});

test('an event time ahead of the clock is a calendar; a creation time is just wrong', () => {
  const max = '2027-01-01T00:00:00+00:00';
  expect(found(column('event_time', TZ, { max }))).toBeUndefined();
  expect(found(column('created_at', TZ, { max }))).toBe('created_at');
});

test('the declared column is taken whatever its name, nulls or type', () => {
  const profile = profileOf(10, [column('created_at'), column('booked', 'date', { nullCount: 5, max: '2026-11-01' })]);
  expect(findInsertTime(profile, NOW, 'booked')).toEqual({ column: 'booked', newest: Date.UTC(2026, 10, 1) });
  expect(findInsertTime(profile, NOW, 'missing')).toBeNull();
});

test('a table that was not measured, or has no rows, has no newest value', () => {
  const profile = profileOf(0, [{ name: 'created_at', type: TZ, nullCount: 0 }]);
  expect(findInsertTime(profile, NOW)).toEqual({ column: 'created_at', newest: null });
  expect(findInsertTime({ ...profile, status: 'failed' }, NOW)).toBeNull();
});

describe('before the rows are read', () => {
  const spec = (name: string, kind: ValueKind = 'timestamptz', different: Partial<ColumnSpec> = {}): ColumnSpec => ({
    name,
    position: 1,
    type: kind,
    kind,
    notNull: false,
    readable: true,
    ...different,
  });
  const statistics = (nullShare: number, correlation?: number) => ({
    statistics: { nullShare, ...(correlation !== undefined && { correlation }) },
  });
  const chosen = (columns: ColumnSpec[], estimatedRows = 10_000) => chooseInsertTime({ columns, estimatedRows });

  test('the best name is taken, as after it', () => {
    expect(chosen([spec('event_time'), spec('created_at'), spec('loaded_at'), spec('updated_at')])).toBe('loaded_at');
    expect(chosen([spec('created_on', 'date'), spec('created_at', 'timestamp')])).toBe('created_at');
    expect(chosen([spec('created_at', 'text'), spec('updated_at')])).toBeNull();
  });

  test('a weak name is believed unless the rows lie otherwise', () => {
    expect(chosen([spec('shipped_at')])).toBe('shipped_at');
    expect(chosen([spec('shipped_at'), spec('ordered_at')])).toBe('ordered_at');
    expect(chosen([spec('shipped_at', 'timestamptz', statistics(0, 0.3))])).toBeNull();
    expect(chosen([spec('shipped_at', 'timestamptz', statistics(0, -0.9))])).toBe('shipped_at');
    expect(chosen([spec('created_at', 'timestamptz', statistics(0, 0.1))])).toBe('created_at');
  });

  test.each(['updated_at', 'deleted_at', 'expires_at', 'last_seen_at', 'starts_at', 'valid_at', 'next_run_at'])(
    '%s is none, whatever the order',
    (name) => {
      expect(chosen([spec(name, 'timestamptz', { notNull: true, ...statistics(0, 1) })])).toBeNull();
    },
  );

  test('any name is taken of a never-null column in which the rows lie', () => {
    const ordered = statistics(0, 0.99);
    expect(chosen([spec('booking', 'date', ordered)])).toBe('booking');
    expect(chosen([spec('booking', 'date', ordered)], 100)).toBeNull(); // some rows lie in order by chance
    expect(chosen([spec('booking', 'date', statistics(0, 0.8))])).toBeNull();
    expect(chosen([spec('booking', 'date', statistics(0.001, 0.99))])).toBeNull();
    expect(chosen([spec('booking', 'date')])).toBeNull();
    expect(chosen([spec('booking', 'date', ordered), spec('sent_at')])).toBe('sent_at');
  });

  test('what is often null is left to another', () => {
    expect(chosen([spec('loaded_at', 'date', statistics(0.2)), spec('event_time')])).toBe('event_time');
    expect(chosen([spec('loaded_at', 'date', { notNull: true, ...statistics(0.2) })])).toBe('loaded_at'); // they are old
  });

  test('a declared column is taken where it is a time', () => {
    const columns = [spec('created_at'), spec('booked', 'date', statistics(0.5, 0)), spec('label', 'text')];
    const declared = (name: string) => chooseInsertTime({ columns, estimatedRows: 1 }, name);
    expect([declared('booked'), declared('label'), declared('missing')]).toEqual(['booked', null, null]);
  });

  test('afterwards it must be what it was taken for', () => {
    const isOne = (name: string, different: Partial<ColumnProfile> = {}) =>
      isInsertTime(profileOf(1000, [column(name, TZ, different)]), name, NOW);
    const ahead = { max: '2027-01-01T00:00:00+00:00' };
    expect([isOne('created_at'), isOne('created_at', { nullCount: 11 })]).toEqual([true, false]);
    expect([isOne('created_at', ahead), isOne('event_at', ahead), isOne('booking', ahead)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(isInsertTime(profileOf(1000), 'created_at', NOW)).toBe(false);
  });
});

test.each([
  ['2021-01-31', Date.UTC(2021, 0, 31)],
  ['2021-01-01T00:00:00', Date.UTC(2021, 0, 1)],
  ['2021-01-01T12:34:56.123', Date.UTC(2021, 0, 1, 12, 34, 56, 123)],
  ['2021-01-01T12:34:56.123456', Date.UTC(2021, 0, 1, 12, 34, 56, 123)],
  ['2021-01-01T12:00:00+00:00', Date.UTC(2021, 0, 1, 12)],
  ['2021-01-01 12:00:00-05:30', Date.UTC(2021, 0, 1, 17, 30)],
  ['2021-01-01T12:00:00Z', Date.UTC(2021, 0, 1, 12)],
  ['0050-01-01', new Date('0050-01-01T00:00:00Z').getTime()],
  ['12021-01-01', new Date('+012021-01-01T00:00:00Z').getTime()],
  ['0044-03-15 BC', null],
  ['infinity', null],
  ['-infinity', null],
  ['2021-02-30', null],
  ['2021-13-01', null],
  ['294276-12-31', null],
  ['yesterday', null],
  ['', null],
])('%s is %s', (text, expected) => {
  expect(parseTimestamp(text)).toBe(expected);
});
