import { describe, expect, test } from 'vitest';
import { ALL_TABLES, byHeat, createTableFinder } from '#src/report/find-tables.js';
import { createModel, type Model, tableKey, tablesOf } from '#src/report/model.js';
import { listSlice, overviewSlice, tableSlice } from '#src/report/slice.js';
import { reportWorld } from '../../support/report-world.js';

const whole = createModel(reportWorld({ tables: 700 }));
const find = createTableFinder(whole);

/** What the page says of a table at first sight. */
function seen(model: Model, key: string) {
  const index = model.tableAt(key)!;
  const { state, rows, heat, newest, volume, rowCount } = model.data.tables[index]!;
  const trend = volume ?? rowCount;
  const line = trend && { values: trend.values, marks: trend.marks, times: model.timesOf(trend) };
  return { state, rows, heat, newest, line, worst: model.worstOf(index) };
}

const keys = (model: Model, indices: readonly number[]) => indices.map((index) => tableKey(model.data.tables[index]!));

describe('a slice of a report', () => {
  test('for the first screen says the same as the whole, and holds what the screen names', () => {
    const slice = createModel(overviewSlice(whole, find));
    expect(slice.data.tables.length).toBeLessThan(400);
    expect(JSON.stringify(slice.data).length).toBeLessThan(JSON.stringify(whole.data).length / 3);
    expect(slice.tables).toBe(whole.tables);
    expect(slice.data.totals).toEqual(whole.data.totals);
    expect(slice.open.map(({ id }) => id)).toEqual(whole.open.map(({ id }) => id));
    for (const key of keys(slice, [...slice.data.tables.keys()])) expect(seen(slice, key)).toEqual(seen(whole, key));
    const first = keys(whole, find(ALL_TABLES).slice(0, 100));
    expect(keys(slice, createTableFinder(slice)(ALL_TABLES)).slice(0, 100)).toEqual(first);
    expect(keys(slice, byHeat(slice)).slice(0, 60)).toEqual(keys(whole, byHeat(whole)).slice(0, 60));
    for (const [i, incident] of slice.data.incidents.entries()) {
      const same = whole.data.incidents[i]!;
      expect(keys(slice, tablesOf(incident))).toEqual(keys(whole, tablesOf(same)));
      const pictures = (model: Model, { findings }: typeof same) =>
        findings.map(({ series }) => series && [series.values, model.timesOf(series)]);
      expect(pictures(slice, incident)).toEqual(pictures(whole, same));
    }
  });

  test('of some rows has them in the order of the whole, with their severity', () => {
    const indices = find({ ...ALL_TABLES, search: 'orders', sort: 'rows' }).slice(0, 30);
    const slice = createModel(listSlice(whole, indices));
    expect(keys(slice, createTableFinder(slice)({ ...ALL_TABLES, sort: 'rows' }))).toEqual(keys(whole, indices));
    for (const key of keys(whole, indices)) expect(seen(slice, key)).toEqual(seen(whole, key));
  });

  test('of one table has everything of it', () => {
    const wrong = tablesOf(whole.open[0]!)[0]!;
    const slice = createModel(tableSlice(whole, wrong));
    const { volume: a, rowCount: b, freshness: c, ...table } = slice.data.tables[0]!;
    const { volume, rowCount, freshness, ...same } = whole.data.tables[wrong]!;
    expect(table).toEqual(same);
    expect([a, b, c].map((each) => each?.values)).toEqual([volume, rowCount, freshness].map((each) => each?.values));
    expect(slice.incidentsOf(0).map(({ id }) => id)).toEqual(whole.incidentsOf(wrong).map(({ id }) => id));
  });

  test('shortens an incident of very many findings, and says by how much', () => {
    const data = reportWorld({ tables: 100 });
    const [incident, ...others] = data.incidents;
    const finding = incident!.findings[0]!;
    const findings = Array.from({ length: 90 }, (_, table) => ({ ...finding, table }));
    const model = createModel({ ...data, incidents: [{ ...incident!, findings }, ...others] });
    const [short] = overviewSlice(model, createTableFinder(model)).incidents;
    expect(short!.findings).toHaveLength(20);
    expect(short!.omitted).toEqual({ findings: 70, tables: 70 });
  });
});
