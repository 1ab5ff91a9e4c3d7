import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { ownServer, type TestDatabase, type TestServer } from '../support/postgres.js';
import { findingNames, linesOf, settings, workFolder } from '../support/program.js';
import { loadShop, loadTowns, loadWorld } from '../support/shared-data.js';

/** Databases that nobody made to be watched: nothing is said of them while nothing changes, and of a change nothing but it. */

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

interface Change {
  readonly sql: string;
  /** As `findingNames` writes them. */
  readonly found: readonly string[];
}

const cases: readonly {
  readonly name: string;
  readonly load: (client: pg.Client) => Promise<unknown>;
  readonly changes: readonly Change[];
}[] = [
  {
    name: 'the music shop',
    load: loadShop,
    changes: [
      // rows deleted
      { sql: `DELETE FROM "InvoiceLine" WHERE "InvoiceLineId" % 5 < 3`, found: ['warn row_count InvoiceLine'] },
      // rows doubled
      {
        sql: `INSERT INTO "Artist" SELECT "ArtistId" + 100000, "Name" FROM "Artist"`,
        found: ['warn row_count Artist'],
      },
      { sql: `TRUNCATE "PlaylistTrack"`, found: ['critical empty_table PlaylistTrack'] },
      // values nulled
      {
        sql: `UPDATE "Track" SET "Composer" = NULL WHERE "TrackId" % 2 = 0`,
        found: ['warn null_rate Track.Composer'],
      },
      { sql: `UPDATE "Customer" SET "Country" = NULL`, found: ['critical all_null Customer.Country'] },
      // columns retyped and dropped
      { sql: `ALTER TABLE "Invoice" ALTER "Total" TYPE text`, found: ['critical schema Invoice.Total'] },
      { sql: `ALTER TABLE "Album" ALTER "Title" TYPE text`, found: ['warn schema Album.Title'] },
      { sql: `ALTER TABLE "Employee" DROP COLUMN "Fax"`, found: ['critical schema Employee.Fax'] },
    ],
  },
  {
    name: 'the world',
    load: loadWorld,
    changes: [
      { sql: 'DELETE FROM countrylanguage WHERE NOT isofficial', found: ['warn row_count countrylanguage'] },
      {
        sql: 'INSERT INTO city SELECT id + 1000000, name, countrycode, district, population FROM city',
        found: ['warn row_count city'],
      },
      { sql: 'UPDATE country SET gnp = NULL', found: ['critical all_null country.gnp'] },
      {
        sql: 'UPDATE country SET gnpold = NULL WHERE population > 2000000',
        found: ['warn null_rate country.gnpold'],
      },
      { sql: 'ALTER TABLE country ALTER population TYPE text', found: ['critical schema country.population'] },
    ],
  },
  {
    name: 'the towns of France, loaded twice',
    load: loadTowns,
    changes: [
      {
        sql: `INSERT INTO towns (code, article, name, department) SELECT 'x' || code, article, name, department FROM towns`,
        found: ['warn row_count towns'],
      },
      {
        sql: 'ALTER TABLE departments ALTER capital TYPE varchar(40)',
        found: ['warn schema departments.capital'],
      },
    ],
  },
  {
    name: 'the towns of France, nearly all deleted',
    load: loadTowns,
    changes: [{ sql: 'DELETE FROM towns WHERE id % 10 < 9', found: ['critical row_count towns'] }],
  },
];

describe.each(cases)('$name', ({ load, changes }) => {
  test('two runs find nothing, and then each change is found and nothing else', async () => {
    const database = await server.createDatabase();
    const client = await database.client();
    await load(client);
    const sentinel = await watching(database);
    for (const run of [await sentinel(), await sentinel()]) expect(run).toEqual(quiet);
    for (const { sql } of changes) await client.query(sql);
    const expected = changes.flatMap(({ found }) => found).map((name) => name.replace(/ (?=[^ ]+$)/, ' batch.public.'));
    expect((await sentinel()).findings).toEqual(expected.sort());
  });
});

test('2,000 small tables: two runs find nothing, and then each change is found and nothing else', async () => {
  const database = await server.createDatabase();
  const client = await database.client();
  for (let from = 0; from < 2000; from += 250) {
    // Few enough tables in a transaction for the lock table.
    await client.query(`DO $$ BEGIN
      FOR i IN ${from + 1}..${from + 250} LOOP
        EXECUTE format('CREATE TABLE t_%s AS SELECT g AS id, g %% 7 AS kind, ''n'' || g AS name, g * 1.5 AS amount,
          timestamptz ''2026-01-01'' + g * interval ''1 hour'' AS created_at FROM generate_series(1, %s) AS g',
          lpad(i::text, 4, '0'), 40 + i % 160);
      END LOOP;
    END $$`);
  }
  const sentinel = await watching(database, { CONCURRENT_WORKERS: '2' });
  for (const run of [await sentinel(), await sentinel()]) expect(run).toEqual(quiet);
  await client.query(`
    DELETE FROM t_0100 WHERE id % 10 < 7;
    INSERT INTO t_0150 SELECT * FROM t_0150;
    UPDATE t_0777 SET name = NULL WHERE id % 2 = 0;
    ALTER TABLE t_1234 ALTER amount TYPE text;
    ALTER TABLE t_1500 DROP COLUMN kind;
    DROP TABLE t_2000`);
  expect((await sentinel()).findings).toEqual([
    'critical first_null batch.public.t_0777.name',
    'critical schema batch.public.t_1234.amount',
    'critical schema batch.public.t_1500.kind',
    'critical schema batch.public.t_2000',
    'warn row_count batch.public.t_0100',
    'warn row_count batch.public.t_0150',
  ]);
});

const quiet = { code: 0, findings: [], failed: [] };

/** Runs Sentinel on a database whose history is kept in another one. */
async function watching(database: TestDatabase, more: Readonly<Record<string, string>> = {}) {
  const store = await server.createDatabase();
  const env = settings({ batch: database }, { ...store.environment('METADATA_DB'), ...more });
  const cwd = workFolder();
  return async () => {
    const { code, stdout } = await runCli(['run', '--json'], { cwd, env });
    const failed = linesOf(stdout, 'table').filter(({ status }) => status !== 'ok');
    return { code, findings: findingNames(stdout), failed };
  };
}
