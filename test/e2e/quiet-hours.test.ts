import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { ownServer } from '../support/postgres.js';
import { linesOf, settings, workFolder } from '../support/program.js';
import { clockOf, hourOf, makeQuietHours, passHour } from '../support/quiet-hours.js';

/** Two days and some hours, every hour. */
const RUNS = 60;

test('runs every hour say nothing of loads that come late, by night or in office hours, and find an hour of which most is missing', async () => {
  const database = await (await ownServer()).createDatabase();
  const client = await database.client();
  await makeQuietHours(client);
  const cwd = workFolder();
  const env = settings({ batch: database });
  const incidentsOf = async (run: number) => {
    const args = ['run', '--json', '--fail-on', 'never', '--as-of', clockOf(run)];
    const { code, stdout, stderr } = await runCli(args, { cwd, env });
    expect([code, stderr]).toEqual([0, '']);
    return linesOf(stdout, 'incident').map(({ title }) => title);
  };
  for (let run = 0; run < RUNS; run++) {
    expect(await incidentsOf(run), `run ${run}`).toEqual([]);
    await passHour(client, run);
  }
  await client.query(`DELETE FROM stream WHERE created_at >= '${hourOf(RUNS - 1)}' AND id % 3 > 0`);
  expect(await incidentsOf(RUNS)).toEqual([expect.stringMatching(/^public\.stream got \d+ rows from 11:00 to 12:00/)]);
});
