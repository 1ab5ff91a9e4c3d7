import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { ownServer } from '../support/postgres.js';
import { type Line, linesOf, settings, workFolder } from '../support/program.js';
import { clockOf, dateOf, makeQuietWarehouse, PAST_DAYS, passDay } from '../support/quiet-warehouse.js';

/** More than three weeks, with the first of a month and weekends in them. */
const MORNINGS = 24;

/** What goes wrong in the end, on the day before the last morning. */
const YESTERDAY = dateOf(PAST_DAYS + MORNINGS - 1);
const INCIDENTS: Readonly<Record<string, string>> = {
  requests: `DELETE FROM requests WHERE created_at >= '${YESTERDAY}Z' AND id % 2 = 0`,
  visits: `UPDATE visits SET device = NULL WHERE created_at >= '${YESTERDAY}Z' AND id % 3 = 0`,
  orders: `UPDATE orders SET amount = amount * 100 WHERE created_at >= '${YESTERDAY}Z'`,
  readings: `DELETE FROM readings WHERE created_at >= '${YESTERDAY}Z'`,
};

test('statuses that move on, late rows, weekends, retention, rebuilds, growth: no morning has an incident until there is one', async () => {
  const database = await (await ownServer()).createDatabase();
  const client = await database.client();
  await makeQuietWarehouse(client, 11);
  const cwd = workFolder();
  const env = settings({ batch: database });
  const incidentsOf = async (morning: number): Promise<readonly Line[]> => {
    const args = ['run', '--json', '--fail-on', 'never', '--as-of', clockOf(morning)];
    const { code, stdout, stderr } = await runCli(args, { cwd, env });
    expect([code, stderr]).toEqual([0, '']);
    return linesOf(stdout, 'incident');
  };
  for (let morning = 0; morning < MORNINGS; morning++) {
    const said = (await incidentsOf(morning)).map(({ severity, title }) => `${severity} ${title}`);
    expect(said, `morning ${morning}`).toEqual([]);
    await passDay(client, morning);
  }
  for (const sql of Object.values(INCIDENTS)) await client.query(sql);
  const tables = (await incidentsOf(MORNINGS)).map(({ findings }) => (findings as Line[])[0]!.table);
  expect(tables.sort()).toEqual(Object.keys(INCIDENTS).sort());
});
