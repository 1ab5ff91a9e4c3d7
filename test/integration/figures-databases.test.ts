import { beforeAll, describe, expect, test } from 'vitest';
import { loadGeneratedShop } from '../support/generated-shop.js';
import { loadGeneratedTowns, loadGeneratedWorld } from '../support/generated-world.js';
import { type PlainSql, plainSql } from '../support/plain-sql.js';
import { READS_IN_CHUNKS, type TestDatabase, type TestServer, testServer } from '../support/postgres.js';
import { exactFigures, ODD_SETTINGS, type ProfileRun, profileRun } from '../support/profile-run.js';
import { loadShop, loadTowns, loadWorld, sharedData } from '../support/shared-data.js';

/** A database and its SQL answers; each figure is asked for once and compared with every run. */
interface Subject {
  readonly database: TestDatabase;
  readonly sql: PlainSql;
}

const IN_CHUNKS = { CHUNK_MIN_BYTES: '8192' };

let server: TestServer;
let metadata: TestDatabase;
let shop: Subject;
let world: Subject;
let towns: Subject;
let histories = 0;

beforeAll(async () => {
  server = await testServer();
  metadata = await server.createDatabase();
  [shop, world, towns] = await Promise.all([
    subject(loadShop),
    subject(loadWorld, { encoding: 'LATIN1' }),
    subject(loadTowns),
  ]);
});

async function subject(
  load: (client: Awaited<ReturnType<TestDatabase['client']>>) => Promise<unknown>,
  options: { encoding?: string } = {},
): Promise<Subject> {
  const database = await server.createDatabase(undefined, options);
  const client = await database.client();
  await load(client);
  return { database, sql: await plainSql(client) };
}

/** Profiles two databases in one process, with a history of its own. */
function profile(batch: Subject, cdc: Subject, env: Readonly<Record<string, string>> = {}): Promise<ProfileRun> {
  return profileRun({
    ...batch.database.environment('BATCH_DB'),
    ...cdc.database.environment('CDC_DB'),
    ...metadata.environment('METADATA_DB'),
    METADATA_SCHEMA: `history_${histories++}`,
    ...env,
  });
}

async function differences(run: ProfileRun, batch: Subject, cdc: Subject): Promise<string[]> {
  const found: string[] = [];
  for (const table of run.tables)
    found.push(...(await (table.source === 'batch' ? batch : cdc).sql.differences(table)));
  return found;
}

const countBySource = (run: ProfileRun, source: string) => run.tables.filter((table) => table.source === source).length;

describe('every figure of every column is what plain SQL says', () => {
  test('Chinook as batch and world (LATIN1) as cdc', async () => {
    const run = await profile(shop, world);
    expect([countBySource(run, 'batch'), countBySource(run, 'cdc'), run.code]).toEqual([11, 3, 0]);
    expect(run.chunks).toEqual({});
    expect(await differences(run, shop, world)).toEqual([]);
  });

  test('french-towns as batch and Chinook as cdc', async () => {
    const run = await profile(towns, shop);
    expect([countBySource(run, 'batch'), countBySource(run, 'cdc'), run.code]).toEqual([3, 11, 0]);
    expect(await differences(run, towns, shop)).toEqual([]);
  });

  test('world (LATIN1) as batch and french-towns as cdc', async () => {
    const run = await profile(world, towns);
    expect([countBySource(run, 'batch'), countBySource(run, 'cdc'), run.code]).toEqual([3, 3, 0]);
    expect(await differences(run, world, towns)).toEqual([]);
  });

  test.skipIf(!sharedData('databases/world.sql'))('generated databases of the same shape', async () => {
    const generated = await subject(loadGeneratedWorld, { encoding: 'LATIN1' });
    const both = await subject(async (client) => {
      await loadGeneratedShop(client);
      await loadGeneratedTowns(client);
    });
    const run = await profile(generated, both);
    expect([countBySource(run, 'batch'), countBySource(run, 'cdc'), run.code]).toEqual([3, 14, 0]);
    expect(await differences(run, generated, both)).toEqual([]);
  });
});

describe('the figures do not depend on', () => {
  test('the number of workers', async () => {
    const { tables } = await profile(shop, towns, { CONCURRENT_WORKERS: '1' });
    for (const CONCURRENT_WORKERS of ['2', '4', '7'])
      expect((await profile(shop, towns, { CONCURRENT_WORKERS })).tables).toEqual(tables);
  });

  test.skipIf(!READS_IN_CHUNKS)('the number of workers, in chunks', async () => {
    const run = await profile(shop, towns, { ...IN_CHUNKS, CONCURRENT_WORKERS: '1' });
    expect(run.chunks).toMatchObject({ 'cdc.public.towns': 16 });
    for (const CONCURRENT_WORKERS of ['2', '4', '7']) {
      const other = await profile(shop, towns, { ...IN_CHUNKS, CONCURRENT_WORKERS });
      expect(other.chunks).toEqual(run.chunks);
      expect(other.tables).toEqual(run.tables);
    }
    expect(await differences(run, shop, towns)).toEqual([]);
  });

  test.skipIf(!READS_IN_CHUNKS)('the number of chunks', async () => {
    const one = await profile(shop, towns, { ...IN_CHUNKS, MAX_CHUNKS: '1' });
    const sixteen = await profile(shop, towns, { ...IN_CHUNKS, MAX_CHUNKS: '16' });
    expect(new Set(Object.values(one.chunks))).toEqual(new Set([1]));
    expect(Object.keys(sixteen.chunks).sort()).toEqual(Object.keys(one.chunks).sort());
    expect(sixteen.chunks).toMatchObject({ 'batch.public.Track': 16, 'cdc.public.towns': 16 });
    for (const run of [one, sixteen]) expect(await differences(run, shop, towns)).toEqual([]);
    expect(sixteen.tables.map(exactFigures)).toEqual(one.tables.map(exactFigures));
  });

  test('the time zone of either side, nor on how the database writes values', async () => {
    const expected = await profile(shop, world);
    for (const { database } of [shop, world]) {
      const client = await database.client();
      for (const setting of ODD_SETTINGS)
        await client.query(`ALTER DATABASE ${JSON.stringify(database.name)} SET ${setting}`);
      await client.end();
    }
    const run = await profile(shop, world, { TZ: 'Asia/Kolkata' });
    expect(run.tables).toEqual(expected.tables);
    expect(await differences(run, shop, world)).toEqual([]);
  });
});
