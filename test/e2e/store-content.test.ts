import { expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { CHUNKED, loadManyTables } from '../support/many-tables.js';
import { type TestDatabase, testServer } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';
import { storeContent } from '../support/store-content.js';

test('what a store holds does not depend on the number of workers, and differs where a table does', async () => {
  const server = await testServer();
  const [source, one, two] = [
    await server.createDatabase(),
    await server.createDatabase(),
    await server.createDatabase(),
  ];
  const owner = await source.client();
  await loadManyTables(owner, 8);
  await owner.query(`CREATE TABLE daily AS SELECT i AS id, timestamptz '2026-11-01' - i * interval '1 hour' AS created_at
    FROM generate_series(1, 2000) AS i`);
  const run = async (store: TestDatabase, workers: string) => {
    const env = settings(
      { batch: source },
      { ...CHUNKED, CONCURRENT_WORKERS: workers, ...store.environment('METADATA_DB') },
    );
    const { code } = await runCli(['run', '--json', '--as-of', '2026-11-02T06:00Z'], { cwd: workFolder(), env });
    expect(code).toBe(0);
  };
  await run(one, '1');
  await run(two, '2');
  const [first, second] = [await one.client(), await two.client()];
  const content = await storeContent(first);
  expect(content).toEqual(await storeContent(second));
  for (const kind of ['runs', 'tables', 'columns', 'shapes', 'tasks', 'points', 'profiles', 'events', 'sources'])
    expect(content[kind]!.length, kind).toBeGreaterThan(0);

  await owner.query('DELETE FROM small_003 WHERE id = 1');
  await run(two, '2');
  const third = await storeContent(second);
  expect(third.runs).toHaveLength(2);
  expect(third.profiles).toHaveLength(content.profiles!.length);
  expect(third.profiles).not.toEqual(content.profiles);
});
