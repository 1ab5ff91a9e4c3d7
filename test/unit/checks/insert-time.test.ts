import { describe, expect, test } from 'vitest';
import { findInsertTime } from '#src/core/checks/insert-time.js';
import { parseTimestamp } from '#src/core/checks/parse-timestamp.js';
import type { ColumnProfile } from '#src/core/model/profile.js';
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
