import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { giveSpoolBack, listSpools, readSpool, setSpoolAside, takeSpool } from '#src/adapters/spool/read-spool.js';
import { SpoolFile } from '#src/adapters/spool/spool-file.js';
import { FILE_HEADER_BYTES, type SpoolRecord } from '#src/adapters/spool/spool-format.js';
import { tableRecord } from '../../support/store-records.js';

const RUN = { label: '20260102-030405-abcdef', command: 'run', startedAt: new Date(1e12), asOf: new Date(2e12) };

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sentinel-spool-')), 'of', 'a store');
});
afterEach(() => rmSync(join(folder, '..', '..'), { recursive: true }));

function table(name: string): SpoolRecord {
  const points = [
    { column: null, metric: 'row_count', value: 1 },
    { column: 'ü', metric: 'mean', value: Number.NaN, stdError: Number.POSITIVE_INFINITY },
  ];
  const record = tableRecord(name, { state: Uint8Array.from([1, 2, 255]), points });
  return { type: 'table', record: { ...record, finishedAt: new Date(3e12) } };
}

const RECORDS: readonly SpoolRecord[] = [
  {
    type: 'inventory',
    record: { source: 'batch', database: 'd', inventory: null, failure: { code: 'x', message: 'm', retryable: true } },
  },
  { type: 'present', source: 'batch', present: [{ schema: 'public', table: 'a' }] },
  table('a'),
  table('b'),
];

async function write(records: readonly SpoolRecord[] = RECORDS): Promise<string> {
  const spool = new SpoolFile(folder, RUN);
  for (const record of records) await spool.append(record);
  await spool.close();
  return spool.path;
}

async function read(path: string): Promise<{ records: SpoolRecord[]; damage: string[] }> {
  const damage: string[] = [];
  const records: SpoolRecord[] = [];
  for await (const record of readSpool(path, (what) => damage.push(what))) records.push(record);
  return { records, damage };
}

const WHOLE = [{ type: 'run', run: RUN }, ...RECORDS];

test('what is appended is read back, in order, by its owner alone', async () => {
  const path = await write();
  expect(await read(path)).toEqual({ records: WHOLE, damage: [] });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('many appended at once are all there', async () => {
  const spool = new SpoolFile(folder, RUN);
  const names = Array.from({ length: 300 }, (_, i) => `t${i}`);
  await Promise.all(names.map((name) => spool.append(table(name))));
  await spool.close();
  const { records } = await read(spool.path);
  expect(records.flatMap((record) => (record.type === 'table' ? record.record.spec.name : []))).toEqual(names);
});

test('a file that ends anywhere gives the records that are whole, and no alarm', async () => {
  const path = await write();
  const bytes = readFileSync(path);
  let most = 0;
  for (let length = FILE_HEADER_BYTES; length <= bytes.length; length += length > bytes.length - 9 ? 1 : 5) {
    writeFileSync(path, bytes.subarray(0, length));
    const { records, damage } = await read(path);
    expect(damage).toEqual([]);
    expect(records.length).toBeGreaterThanOrEqual(most);
    expect(records).toEqual(WHOLE.slice(0, records.length));
    most = records.length;
  }
  expect(most).toBe(WHOLE.length);
  writeFileSync(path, Buffer.concat([bytes, Buffer.alloc(100_000)]));
  expect(await read(path), 'zeros after a power failure').toEqual({ records: WHOLE, damage: [] });
});

test('a byte that is wrong is noticed wherever it is, and the other records are read where their beginning is known', async () => {
  const path = await write();
  const bytes = readFileSync(path);
  let partly = 0;
  for (let at = 0; at < bytes.length; at += at < 40 ? 1 : 7) {
    const wrong = Buffer.from(bytes);
    wrong[at]! ^= 0x10;
    writeFileSync(path, wrong);
    const { records, damage } = await read(path);
    // The version byte is looked at by whoever takes the file.
    if (at === FILE_HEADER_BYTES - 1) continue;
    expect(damage.length, `byte ${at}`).toBe(1);
    for (const record of records) expect(WHOLE).toContainEqual(record);
    if (records.length === WHOLE.length - 1) partly++;
  }
  expect(partly).toBeGreaterThan(bytes.length / 7 / 2);
});

test('a file that is taken is left to its reader: what comes after goes to another', async () => {
  const spool = new SpoolFile(folder, RUN);
  await spool.append(RECORDS[2]!);
  const taken = await takeSpool(spool.path);
  expect(await read(taken!)).toMatchObject({ records: [{ type: 'run' }, RECORDS[2]] });
  await spool.append(RECORDS[3]!);
  await spool.close();
  const [first, second, ...others] = await listSpools(folder);
  expect(others).toEqual([]);
  const both = [await read(first!), await read(second!)].flatMap(({ records }) => records);
  expect(both).toContainEqual(RECORDS[2]);
  expect(both).toContainEqual(RECORDS[3]);
  expect(await read(spool.path)).toEqual({ records: [{ type: 'run', run: RUN }, RECORDS[3]], damage: [] });
});

test('a file that was taken by a process that died, or given back, is taken again; one set aside is not', async () => {
  const path = await write();
  const taken = (await takeSpool(path))!;
  expect(await listSpools(folder)).toEqual([taken]);
  expect(await takeSpool(taken)).toBe(taken);
  expect(await giveSpoolBack(taken)).toBe(path);
  const aside = await setSpoolAside((await takeSpool(path))!);
  expect(aside).toMatch(/\/20260102-030405-abcdef\.spool\.\d+\.damaged$/);
  expect(await listSpools(folder)).toEqual([]);
  expect(readdirSync(folder)).toHaveLength(1);
});

test('a file of a newer version is left where it is', async () => {
  const path = await write();
  const bytes = readFileSync(path);
  bytes[FILE_HEADER_BYTES - 1] = 2;
  writeFileSync(path, bytes);
  expect(await takeSpool(path)).toBeNull();
  expect(await listSpools(folder)).toEqual([path]);
});

test('a second file of the same run does not replace the first', async () => {
  const [first, second] = [await write(), await write()];
  expect(second).not.toBe(first);
  expect(await listSpools(folder)).toHaveLength(2);
});

test('a folder that cannot be made is an error, every time', async () => {
  writeFileSync(join(folder, '..', '..', 'of'), 'a file');
  const spool = new SpoolFile(folder, RUN);
  for (let i = 0; i < 2; i++) await expect(spool.append(RECORDS[2]!)).rejects.toMatchObject({ code: 'ENOTDIR' });
  await spool.close();
});

test('no folder, no files', async () => {
  expect(await listSpools(folder)).toEqual([]);
});
