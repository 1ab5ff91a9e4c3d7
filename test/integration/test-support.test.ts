import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadDump, parseDump } from '../support/dump.js';
import { loadGeneratedShop } from '../support/generated-shop.js';
import { type TestServer, testServer } from '../support/postgres.js';
import { loadShop, sharedData } from '../support/shared-data.js';

const SHOP_SHAPE = `SELECT table_name, string_agg(column_name || ' ' || data_type || ' ' || is_nullable, ', ' ORDER BY ordinal_position) AS columns
  FROM information_schema.columns WHERE table_schema = 'public' GROUP BY 1 ORDER BY 1`;

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

describe('a test database', () => {
  test('is empty, its own, and made from a template where one is named', async () => {
    const first = await server.createDatabase();
    const client = await first.client();
    await client.query(`CREATE TABLE "Überblick" AS SELECT 7 AS n`);
    await client.end();
    const copy = await server.createDatabase(undefined, { template: first.name });
    expect((await (await copy.client()).query('SELECT n FROM "Überblick"')).rows).toEqual([{ n: 7 }]);
    await first.drop();
    const names = await (await copy.client()).query('SELECT datname FROM pg_database');
    expect(names.rows.map((row) => row.datname)).not.toContain(first.name);
    expect(first.name).toMatch(/^test_support_[0-9a-f]{8}$/);
  });
});

describe('a dump', () => {
  test.skipIf(!sharedData('databases/world.sql'))(
    'world.sql loads into a LATIN1 database (skipped: not here)',
    async () => {
      const database = await server.createDatabase(undefined, { encoding: 'LATIN1' });
      const client = await database.client();
      await loadDump(client, sharedData('databases/world.sql')!);
      const { rows } = await client.query(`SELECT (SELECT count(*)::int FROM city) AS cities,
      (SELECT count(*)::int FROM country) AS countries, (SELECT count(*)::int FROM countrylanguage) AS languages,
      (SELECT localname FROM country WHERE code = 'ESP') AS spain, getdatabaseencoding() AS encoding`);
      expect(rows).toEqual([{ cities: 4079, countries: 239, languages: 984, spain: 'España', encoding: 'LATIN1' }]);
    },
  );

  test.skipIf(!sharedData('databases/french-towns.sql'))('french-towns.sql loads (skipped: not here)', async () => {
    const client = await (await server.createDatabase()).client();
    await loadDump(client, sharedData('databases/french-towns.sql')!);
    const { rows } = await client.query(`SELECT (SELECT count(*)::int FROM regions) AS regions,
      (SELECT count(*)::int FROM departments) AS departments, (SELECT count(*)::int FROM towns) AS towns,
      (SELECT name FROM regions WHERE code = '11') AS capital, current_setting('search_path') AS path`);
    expect(rows).toEqual([
      { regions: 26, departments: 100, towns: 36684, capital: 'Île-de-France', path: '"$user", public' },
    ]);
  });

  test('the shop has 11 tables of the same shape, generated or not', async () => {
    const client = await (await server.createDatabase()).client();
    const from = await loadShop(client);
    const generated = await (await server.createDatabase()).client();
    await loadGeneratedShop(generated);
    const shape = (await generated.query(SHOP_SHAPE)).rows;
    expect(shape).toHaveLength(11);
    expect((await client.query(SHOP_SHAPE)).rows).toEqual(shape);
    const { rows } = await client.query('SELECT count(*)::int AS n FROM "Track"');
    expect(rows, from).toEqual([{ n: 3503 }]);
  });

  test('is split as psql does', () => {
    const text = [
      '-- a; comment',
      '\\connect somewhere',
      "SELECT ';' || E'it\\';s' || 'a''b;' /* ; /* nested ; */ */, \"odd;name\";",
      'CREATE FUNCTION f() RETURNS int AS $body$ SELECT 1; $body$ LANGUAGE sql;',
      'CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT 2);',
      'COPY t (a) FROM stdin;',
      '1;',
      "it's",
      '\\.',
      'COPY u FROM stdin;',
      '\\.',
      "SELECT 'C:\\'; SELECT 2",
    ].join('\n');
    expect([...parseDump(text)]).toEqual([
      { sql: expect.stringMatching(/^SELECT ';' .* "odd;name"$/) },
      { sql: expect.stringContaining('SELECT 1; $body$ LANGUAGE sql') },
      { sql: expect.stringContaining('(SELECT 1; SELECT 2)') },
      { sql: 'COPY t (a) FROM stdin', rows: "1;\nit's\n" },
      { sql: 'COPY u FROM stdin', rows: '' },
      { sql: "SELECT 'C:\\'" },
      { sql: 'SELECT 2' },
    ]);
    expect(() => [...parseDump('\\i other.sql\n')]).toThrow('\\i other.sql');
  });

  test('says what it cannot read', async () => {
    const database = await server.createDatabase();
    const file = join('/tmp', `${database.name}.sql`);
    writeFileSync(file, "SET client_encoding = 'SJIS';\n");
    await expect(loadDump(await database.client(), file)).rejects.toThrow('encoding SJIS is not supported');
  });
});
