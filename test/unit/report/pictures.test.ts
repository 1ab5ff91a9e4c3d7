import { describe, expect, test } from 'vitest';
import { DEFAULT_JUDGE_SETTINGS } from '#src/core/detectors/index.js';
import type { EventHistory } from '#src/core/model/event-history.js';
import type { Finding } from '#src/core/model/finding.js';
import type { TableHistory } from '#src/core/model/history.js';
import { Axes } from '#src/report/collect/axes.js';
import { TableSeries } from '#src/report/collect/table-series.js';
import { DAY, NOW, points, tableHistory } from '../../support/table-history.js';

const DAYS = 60;
const TODAY = Math.floor(NOW / DAY) * DAY;
const wave = (i: number) => 1000 + Math.round(20 * Math.sin(i * i));
const each = <T>(value: (i: number) => T) => Array.from({ length: DAYS }, (_, i) => value(i));
const isLast = (i: number) => i === DAYS - 1;

/** 60 days of about 1,000 rows; on the last half of \`email\` is null, and \`SEK\` is in most rows. */
const events: EventHistory = {
  column: 'created_at',
  declared: false,
  timeZone: 'UTC',
  days: {
    starts: each((i) => TODAY - (DAYS - i) * DAY),
    end: TODAY,
    complete: 0,
    rows: each(wave),
    columns: {
      email: { nonNull: each((i) => (isLast(i) ? wave(i) / 2 : wave(i))) },
      currency: {
        nonNull: each(wave),
        values: [
          { value: 'EUR', counts: each((i) => Math.round(wave(i) * (isLast(i) ? 0.3 : 0.9))) },
          { value: 'SEK', counts: each((i) => Math.round(wave(i) * (isLast(i) ? 0.7 : 0.1))) },
        ],
      },
      total: { nonNull: each(wave), mean: each((i) => 50 + Math.sin(i)), variance: each(() => 9) },
    },
  },
};

const seriesOf = (more: Partial<TableHistory> = {}) =>
  new TableSeries(tableHistory({ events, ...more }), new Axes(), { settings: DEFAULT_JUDGE_SETTINGS }, false);

const finding = (more: Partial<Finding>): Finding => ({
  source: 'batch',
  schema: 'sales',
  table: 'orders',
  metric: 'null_rate',
  check: 'null_rate',
  severity: 'warn',
  value: 0.5,
  expected: {},
  score: 0.7,
  at: new Date(NOW).toISOString(),
  message: '',
  ...more,
});

describe('the picture of a finding', () => {
  test('is the series by insert time whose newest points say it, in the finding’s severity', () => {
    const picture = seriesOf().of(finding({ column: 'email', severity: 'info' }))!;
    expect(picture.series).toMatchObject({ label: 'null rate of email', unit: 'share', marks: [[59, 'info']] });
    expect(picture.series.values.slice(-2)).toEqual([0, 0.5]);
    expect(picture.series.band!.upper.at(-1)!).toBeLessThan(0.1);
    expect(picture.days).toEqual([TODAY - DAY]);
  });

  test('of a share is of the value that the sentence names', () => {
    const { rows, columns } = events.days;
    const value = columns.currency!.values![1]!.counts[59]! / rows[59]!;
    const share = finding({ metric: 'share', check: 'share', column: 'currency', value, message: `70 % is 'SEK'` });
    expect(seriesOf().of(share)!.series).toMatchObject({ label: `share of 'SEK' in currency`, marks: [[59, 'warn']] });
  });

  test('of a category is the share of that value', () => {
    const category = finding({ metric: 'category', check: 'categories', column: 'currency', value: 'EUR' });
    const picture = seriesOf().of(category)!;
    expect(picture.series.label).toBe(`share of 'EUR' in currency`);
    expect(picture.days).toEqual([]);
  });

  test('of a drift is the mean, with its end marked though no day is off', () => {
    const drift = finding({ metric: 'mean', check: 'drift', column: 'total', value: 50 });
    expect(seriesOf().of(drift)!.series).toMatchObject({
      label: 'mean of total',
      unit: 'number',
      marks: [[59, 'warn']],
    });
  });

  test('is run by run where the figure is of the whole table', () => {
    const columnSeries = { email: { null_rate: points([0.1, 0.1, 0.1]) } };
    const picture = seriesOf({ columnSeries }).of(
      finding({ column: 'email', value: 0.31, expected: { lower: 0, upper: 0.2 } }),
    )!;
    expect(picture.series.values).toEqual([0.1, 0.1, 0.1, 0.31]);
    expect(picture.series.marks.at(-1)).toEqual([3, 'warn']);
    expect(picture.days).toEqual([]);
  });

  test('of a silent table without enough runs is its rows per day', () => {
    const silent = finding({ metric: 'freshness_seconds', check: 'freshness', value: 200_000, severity: 'critical' });
    expect(seriesOf({ tableSeries: {} }).of(silent)!.series).toMatchObject({
      label: 'rows per day',
      marks: [[59, 'critical']],
    });
  });

  test('is none where there is no figure', () => {
    expect(seriesOf().of(finding({ metric: 'schema', check: 'schema', column: 'email', value: 'dropped' }))).toBeNull();
    expect(
      seriesOf({ tableSeries: {} }).of(finding({ metric: 'schema', check: 'schema', value: 'dropped' })),
    ).toBeNull();
  });
});

test('a table that is loaded now and then is judged by its loads', () => {
  const { days } = events;
  const weekly = { ...events, days: { ...days, columns: {}, rows: each((i) => (i % 7 === 3 ? 500 + (i % 3) : 0)) } };
  const { series } = seriesOf({ events: weekly }).volume([])!;
  expect(series.marks).toEqual([]);
  expect(series.band!.lower.filter((value) => value !== null).every((value) => value > 100)).toBe(true);
});

test('series of the same days share their axis', () => {
  const axes = new Axes();
  for (const _ of [1, 2])
    new TableSeries(tableHistory({ events }), axes, { settings: DEFAULT_JUDGE_SETTINGS }, false).volume([]);
  expect(axes.list).toHaveLength(1);
  expect(axes.list[0]).toHaveLength(60);
});

test('the picture of a table’s rows says of a day what was found of it', () => {
  const rows = each((i) => (isLast(i) ? 300 : wave(i)));
  const half = seriesOf({ events: { ...events, days: { ...events.days, rows } } });
  const marks = (found: readonly Finding[]) => half.volume(found)!.series.marks;
  const found = finding({ metric: 'rows_per_day', check: 'volume', value: 300, severity: 'info' });
  expect(marks([])).toEqual([[DAYS - 1, 'critical']]);
  expect(marks([finding({ column: 'email' }), found])).toEqual([[DAYS - 1, 'info']]);
});
