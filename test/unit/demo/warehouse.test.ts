import { describe, expect, test } from 'vitest';
import { DAYS, dateOf, factorOf, LAST_DAY, morningAfter } from '#src/demo/calendar.js';
import { plantAll, plants } from '#src/demo/plants/index.js';
import { rowsOn, tableName } from '#src/demo/table.js';
import { tables } from '#src/demo/tables/index.js';
import { warehouseSql } from '#src/demo/warehouse.js';

const NAMES = plants.map(({ name }) => name);
const SEEDS = Array.from({ length: 40 }, (_, i) => i + 1);

describe('the calendar', () => {
  test('has 120 days, the last of which is an ordinary Tuesday that is judged the next morning', () => {
    expect(DAYS).toBe(120);
    expect(dateOf(LAST_DAY)).toBe('2026-06-30');
    expect(morningAfter(LAST_DAY).toISOString()).toBe('2026-07-01T06:00:00.000Z');
    expect(factorOf('office', LAST_DAY)).toBe(1);
    expect(factorOf('retail', LAST_DAY) / factorOf('retail', LAST_DAY - 7)).toBeCloseTo(1.0015 ** 7);
  });

  test('has weekdays, growth, sales and public holidays', () => {
    const day = (date: string) => Array.from({ length: DAYS }, (_, i) => dateOf(i)).indexOf(date);
    const retail = (date: string) => factorOf('retail', day(date));
    expect(retail('2026-05-01') / retail('2026-05-08')).toBeLessThan(0.5);
    expect(retail('2026-06-12') / retail('2026-06-05')).toBeGreaterThan(1.5);
    expect(retail('2026-06-20')).toBeGreaterThan(retail('2026-06-17'));
    expect(retail('2026-06-24')).toBeGreaterThan(1.1 * retail('2026-03-11'));
    expect(factorOf('office', day('2026-06-20'))).toBeLessThan(0.2);
    expect(factorOf('mondays', day('2026-06-22'))).toBe(1);
    expect(factorOf('mondays', day('2026-06-23'))).toBe(0);
    expect(factorOf('months', day('2026-06-01'))).toBe(1);
  });
});

describe('the tables', () => {
  test.each([1, 2, 3])('have at least 1.5 million rows with seed %i', (seed) => {
    const rows = tables.reduce((sum, table) => {
      if (typeof table.rows === 'number') return sum + table.rows;
      return sum + Array.from({ length: DAYS }, (_, day) => rowsOn(table, day, seed)).reduce((a, b) => a + b, 0);
    }, 0);
    expect(rows).toBeGreaterThan(1_500_000);
  });

  test('are at least 40 in at least 4 schemas, two of them partitioned', () => {
    expect(tables.length).toBeGreaterThanOrEqual(40);
    expect(new Set(tables.map(({ schema }) => schema)).size).toBeGreaterThanOrEqual(4);
    expect(tables.filter(({ partitionBy }) => partitionBy !== undefined).length).toBeGreaterThanOrEqual(2);
    const more = tables.flatMap((table) => table.more ?? []).join('\n');
    expect(more).toContain('CREATE VIEW');
    expect(more).toContain('CREATE MATERIALIZED VIEW');
  });
});

describe('the incidents', () => {
  test('are eleven kinds, whose places have no table in common', () => {
    expect(plants).toHaveLength(11);
    const places = plants.flatMap(({ candidates }) => candidates.map(({ source, table }) => `${source}.${table}`));
    expect(new Set(places).size).toBe(places.length);
  });

  test('have places that exist', () => {
    for (const { name, candidates } of plants)
      for (const { source, table, column } of candidates) {
        if (name === 'slot left behind') continue;
        const found = tables.find((each) => each.source === source && tableName(each) === table);
        expect(found, `${name}: ${table}`).toBeDefined();
        if (column !== undefined)
          expect(
            found!.columns.map(([known]) => known),
            name,
          ).toContain(column);
      }
  });

  test('leave at least 25 tables clean, and come to every place as seeds go', () => {
    const places = new Set<string>();
    for (const seed of SEEDS) {
      const planted = plantAll(NAMES, seed);
      const hit = new Set(planted.map(({ truth }) => `${truth.source}.${truth.table}`));
      expect(hit.size).toBe(plants.length);
      expect(tables.length - hit.size).toBeGreaterThanOrEqual(25);
      for (const { story } of planted) places.add(story);
    }
    expect(places.size).toBe(plants.reduce((sum, { candidates }) => sum + candidates.length, 0));
  });

  test('change the last day alone, but for the drift', () => {
    const clean = warehouseSql('batch', 5, []);
    for (const name of NAMES) {
      const planted = plantAll([name], 5);
      const sql = warehouseSql('batch', 5, planted);
      expect(sql.create).toEqual(clean.create);
      if (name === 'drift') expect(sql.history).not.toEqual(clean.history);
      else expect(sql.history).toEqual(clean.history);
      const other = { ...warehouseSql(planted[0]!.truth.source, 5, planted) };
      const same = warehouseSql(planted[0]!.truth.source, 5, []);
      expect([other.lastDay, other.changes]).not.toEqual([same.lastDay, same.changes]);
    }
  });
});
