import { expect, test } from 'vitest';
import { packReport, unpackReport } from '#src/report/parcel.js';
import { reportWorld } from '../../support/report-world.js';

test.each([0, 1, 50, 101])('a report of %i tables comes out as it went in', async (tables) => {
  const report = reportWorld({ tables, wrong: false, hostile: tables > 0 });
  expect(await unpackReport(packReport(report))).toEqual(report);
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
