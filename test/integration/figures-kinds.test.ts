import { beforeAll, describe, expect, test } from 'vitest';
import { createEveryKind, createJustExact, KIND_ROWS } from '../support/every-kind.js';
import { type PlainSql, plainSql } from '../support/plain-sql.js';
import { READS_IN_CHUNKS, type TestDatabase, testServer } from '../support/postgres.js';
import { exactFigures, ODD_SETTINGS, type ProfileRun, profileRun } from '../support/profile-run.js';

let database: TestDatabase;
let sql: PlainSql;

beforeAll(async () => {
  const server = await testServer();
  database = await server.createDatabase();
  const client = await database.client();
  await createEveryKind(client, '"Every Kind"');
  await createJustExact(client, '"Just Exact"');
  sql = await plainSql(client);
});

function profile(env: Readonly<Record<string, string>>): Promise<ProfileRun> {
  return profileRun({ ...database.environment('BATCH_DB'), SENTINEL_SOURCES: 'batch', ...env });
}

async function differences(run: ProfileRun): Promise<string[]> {
  expect(run.tables.map(({ table }) => table)).toEqual(['Every Kind', 'Just Exact']);
  const found: string[] = [];
  for (const table of run.tables) found.push(...(await sql.differences(table)));
  return found;
}

describe(`every kind of column, ${KIND_ROWS} rows, and dictionaries that are just full`, () => {
  let whole: ProfileRun;

  // most of it is Postgres sorting
  test('read whole', { timeout: 600_000 }, async () => {
    whole = await profile({ CHUNK_MIN_BYTES: '1GiB' });
    expect(whole.chunks).toEqual({});
    expect(await differences(whole)).toEqual([]);
  });

  test.skipIf(!READS_IN_CHUNKS)('read in one chunk is what it is read whole', async () => {
    const one = await profile({ CHUNK_MIN_BYTES: '8192', MAX_CHUNKS: '1' });
    expect(one.chunks).toEqual({ 'batch.public.Every Kind': 1, 'batch.public.Just Exact': 1 });
    expect(one.tables).toEqual(whole.tables);
  });

  test.skipIf(!READS_IN_CHUNKS)('read in 16 chunks', async () => {
    const sixteen = await profile({ CHUNK_MIN_BYTES: '8192', MAX_CHUNKS: '16' });
    expect(sixteen.chunks).toEqual({ 'batch.public.Every Kind': 16, 'batch.public.Just Exact': 16 });
    expect(await differences(sixteen)).toEqual([]);
    expect(sixteen.tables.map(exactFigures)).toEqual(whole.tables.map(exactFigures));
  });

  test('read in another time zone, from a database that writes values its own way', async () => {
    const client = await database.client();
    for (const setting of ODD_SETTINGS)
      await client.query(`ALTER DATABASE ${JSON.stringify(database.name)} SET ${setting}`);
    const odd = await profile({ CHUNK_MIN_BYTES: '1GiB', TZ: 'Asia/Kolkata' });
    expect(odd.tables).toEqual(whole.tables);
  });
});
