import { expect, test } from 'vitest';
import { ALL_TABLES, createTableFinder, TABLE_SORTS } from '#src/report/find-tables.js';
import { createModel } from '#src/report/model.js';
import { packReport, unpackReport } from '#src/report/parcel.js';
import { incidentSlice, listSlice, overviewSlice, tableSlice } from '#src/report/slice.js';
import { reportWorld } from '../../support/report-world.js';

test.each([0, 1, 50, 101])('a report of %i tables comes out as it went in', async (tables) => {
  const report = reportWorld({ tables, wrong: false, hostile: tables > 0 });
  const { outline, whole } = await unpackReport(packReport(report));
  expect({ ...outline, tables: outline.tables.map((_, index) => whole(index)) }).toEqual(report);
});

test('tables are found, ordered and sliced by its outline as by the whole', async () => {
  const report = reportWorld({ tables: 300, hostile: true });
  const { outline, whole } = await unpackReport(packReport(report));
  const said = (model: ReturnType<typeof createModel>) => {
    const find = createTableFinder(model);
    const found = TABLE_SORTS.map((sort) => find({ ...ALL_TABLES, sort, search: 'customer_email' }));
    const slices = [
      listSlice(model, find(ALL_TABLES).slice(0, 50)),
      tableSlice(model, 7),
      incidentSlice(model, 'I-31'),
    ];
    return [found, overviewSlice(model, find), ...slices];
  };
  expect(said(createModel(outline, whole))).toEqual(said(createModel(report)));
  expect(JSON.stringify(outline).length).toBeLessThan(JSON.stringify(report).length / 3);
});

test('others get their turn while it is read', async () => {
  const packed = packReport(reportWorld({ tables: 700 }));
  let turns = 0;
  let isRead = false;
  const count = () => {
    turns++;
    if (!isRead) setImmediate(count);
  };
  setImmediate(count);
  await unpackReport(packed);
  isRead = true;
  expect(turns).toBeGreaterThan(10);
});
