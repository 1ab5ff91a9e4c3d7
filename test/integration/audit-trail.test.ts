import { createHash } from 'node:crypto';
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { storeAddress } from '#src/adapters/audit-log/line.js';
import { mirrorTrail } from '#src/adapters/audit-log/mirror.js';
import { verifyLog } from '#src/adapters/audit-log/verify.js';
import { hashEvent } from '#src/adapters/store/audit.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { type TestDatabase, type TestServer, testServer } from '../support/postgres.js';
import { day, openTestStore, storeOptions, tableRecord } from '../support/store-records.js';

let server: TestServer;
let database: TestDatabase;
let client: pg.Client;
let store: Store;
let writer: StoreWriter;
let dir: string;
/** Events that opening a new store leaves. */
let migrations: number;

const event = (action: string, details: Record<string, string> = {}) => ({
  ...{ incident: null, run: null, actor: 'ada', reason: null },
  ...{ at: day(1), action, details },
});

beforeAll(async () => {
  server = await testServer();
});
beforeEach(async () => {
  database = await server.createDatabase();
  client = await database.client();
  store = await openTestStore(database, { batchSize: 3 });
  writer = await store.acquireWriter('test');
  migrations = (await store.verifyTrail()).events;
  await writer.appendAuditEvents(Array.from({ length: 10 }, (_, i) => event(`did ${i}`, { b: `${i}`, a: 'x' })));
  dir = await mkdtemp(join(tmpdir(), 'sentinel-audit-'));
});
afterEach(async () => {
  await writer.release();
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const settings = () => {
  const { connection, schema } = storeOptions(database);
  return { dir, store: storeAddress(connection, schema) };
};
const mirror = () => mirrorTrail(store, settings());
const log = () => join(dir, 'audit.log');

/** As one who owns the table may do it. */
async function tamper(...statements: string[]): Promise<void> {
  const table = 'sentinel.incident_event';
  await client.query(`ALTER TABLE ${table} DISABLE TRIGGER append_only`);
  for (const sql of statements) await client.query(sql);
  await client.query(`ALTER TABLE ${table} ENABLE TRIGGER append_only`);
}

/** Id of the n-th event of this file, from 0. */
const id = (n: number) => migrations + 1 + n;
const faults = async (head?: string) =>
  (await store.verifyTrail(head)).problems.map(({ fault, event: at }) => `${fault} ${at === null ? '-' : at - id(0)}`);

describe('a trail that nobody touched', () => {
  test('is whole, whatever runs and texts are in it', async () => {
    const odd = `"\\u0000' \\ 😀 \u0000 \ud800 \u2028`;
    const origin = {
      ...{ actor: odd, version: '1', details: { options: odd } },
      configuration: { text: odd, sha256: 'ab' },
    };
    const run = await writer.beginRun({ command: 'run', startedAt: day(0), asOf: day(0), origin });
    await writer.persistTables(run, [
      ...Array.from({ length: 30 }, (_, i) => tableRecord(`t${String(i).padStart(2, '0')}`, { status: 'failed' })),
      tableRecord('fine', { rows: 7 }),
      tableRecord('gone', { status: 'skipped' }),
    ]);
    const next = await writer.beginRun({ command: 'run', startedAt: day(1), asOf: day(1), origin });
    await writer.resumeRun(run, origin);
    await writer.finishRun(run, { state: 'finished', finishedAt: day(2), actor: 'ada', exitCode: 2 });
    const { problems, events, head } = await store.verifyTrail();
    expect(problems).toEqual([]);
    const trail = await store.listTrail({ limit: 9 });
    expect(head?.hash).toBe(trail[0]!.hash);
    expect(events).toBe(migrations + 10 + trail.length);
    expect(
      trail.map(
        ({ action, run: label }) => `${action} ${label === run.label ? 'first' : label === next.label ? 'next' : '?'}`,
      ),
    ).toEqual([
      'run_ended first',
      'read first',
      'run_resumed first',
      'run_interrupted next',
      'run_begun next',
      'run_interrupted first',
      'read first',
      'run_begun first',
      'configured first',
    ]);
    expect(trail[1]!.details).toEqual({
      ...{ source: 'batch', tables: '1', rows: '3107', bytes: '25600', failed: '30', skipped: '1' },
      failedTables: Array.from({ length: 20 }, (_, i) => `public.t${String(i).padStart(2, '0')}`).join(', '),
    });
    expect(trail[0]).toMatchObject({ actor: 'ada', details: { state: 'finished', exitCode: '2' } });
  });

  test('spans pages, and takes appenders that do not know each other', async () => {
    const other = await openTestStore(database, { schema: 'sentinel' });
    await writer.appendAuditEvents(Array.from({ length: 1200 }, (_, i) => event(`more ${i}`)));
    await Promise.all(Array.from({ length: 20 }, (_, i) => writer.appendAuditEvents([event(`at once ${i}`)])));
    expect(await other.verifyTrail()).toMatchObject({ events: migrations + 1230, problems: [], problemCount: 0 });
    await other.close();
  });

  test('has each event once where only the answer to its COMMIT was lost', async () => {
    const before = (await store.verifyTrail()).events;
    await client.query(`
      CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON sentinel.incident_event DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION cut()`);
    const written = writer.appendAuditEvents([event('once')]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name LIKE 'sentinel/test/writer%'`);
    await written;
    expect((await store.verifyTrail()).events).toBe(before + 1);
  });
});

describe('what somebody did to the table', () => {
  const T = 'sentinel.incident_event';

  test.each([
    ['actor', `actor = 'eve'`],
    ['action', `action = 'other'`],
    ['reason', `reason = ''`],
    ['run', `run = 'x'`],
    ['time', `at = at + interval '1 second'`],
    ['time by a microsecond', `at = at + interval '1 microsecond'`],
    ['time to infinity', `at = 'infinity'`],
    ['a detail', `details = details || '{"b": "9"}'`],
    ['the type of a detail', `details = details || '{"b": 4}'`],
    ['a detail more', `details = details || '{"c": ""}'`],
    ['all details', `details = '5'`],
    ['its hash', `hash = sha256('x')`],
    ['its predecessor', `prev_hash = sha256('x')`],
  ])('changed: %s', async (_, change) => {
    await tamper(`UPDATE ${T} SET ${change} WHERE id = ${id(4)}`);
    expect((await faults())[0]).toBe('changed 4');
    expect((await store.verifyTrail()).problems[0]!.message).toBe(
      `event ${id(4)} was changed: its contents do not give its hash`,
    );
  });

  test('replaced, with a hash that fits', async () => {
    const [link] = await store.linksAfter(id(3), 1);
    const hash = hashEvent(link!.previous, { ...link!.event, actor: 'eve' }).toString('hex');
    await tamper(`UPDATE ${T} SET actor = 'eve', hash = '\\x${hash}' WHERE id = ${id(4)}`);
    expect(await faults()).toEqual(['replaced 4']);
  });

  test('missing: one, many, the beginning', async () => {
    await tamper(`DELETE FROM ${T} WHERE id = ${id(4)}`);
    expect(await faults()).toEqual(['missing 5']);
    await tamper(`DELETE FROM ${T} WHERE id BETWEEN ${id(1)} AND ${id(3)}`);
    expect(await faults()).toEqual(['missing 5']);
    await tamper(`DELETE FROM ${T} WHERE id <= ${id(0)}`);
    expect(await store.verifyTrail()).toMatchObject({
      events: 5,
      problems: [{ fault: 'missing', event: id(5), message: expect.stringContaining('the beginning is missing') }],
    });
  });

  test('inserted, and reordered', async () => {
    await tamper(
      `ALTER TABLE ${T} ALTER COLUMN id DROP IDENTITY`,
      `UPDATE ${T} SET id = id + 100 WHERE id >= ${id(5)}`,
      `INSERT INTO ${T} (id, at, actor, action, prev_hash, hash)
         VALUES (${id(5)}, '2026-01-01Z', 'eve', 'did', sha256('x'),
           sha256(sha256('x') || convert_to('[null,null,"2026-01-01T00:00:00.000Z","eve","did",null,{}]', 'UTF8')))`,
    );
    expect(await faults()).toEqual(['inserted 5']);
    await tamper(
      `DELETE FROM ${T} WHERE id = ${id(5)}`,
      `UPDATE ${T} SET id = -1 WHERE id = ${id(3)}`,
      `UPDATE ${T} SET id = ${id(3)} WHERE id = ${id(4)}`,
      `UPDATE ${T} SET id = ${id(4)} WHERE id = -1`,
    );
    expect((await faults())[0]).toBe('reordered 3');
  });

  test('inserted before the first', async () => {
    await tamper(`INSERT INTO ${T} (id, at, actor, action, prev_hash, hash) OVERRIDING SYSTEM VALUE
      VALUES (-7, now(), 'eve', 'did', sha256('x'), sha256('y'))`);
    expect(await faults()).toEqual([`changed ${-7 - id(0)}`, `missing ${1 - id(0)}`]);
  });

  test('a cut end shows against a head that was printed', async () => {
    const head = (await store.auditHead())!.hash;
    await writer.appendAuditEvents([event('later')]);
    expect(await faults(head)).toEqual([]);
    await tamper(`DELETE FROM ${T} WHERE id >= ${id(9)}`);
    expect(await faults()).toEqual([]);
    expect(await faults(head)).toEqual(['truncated -']);
  });

  test('the guard is gone', async () => {
    await client.query(`ALTER TABLE ${T} DISABLE TRIGGER append_only`);
    expect(await faults()).toEqual(['unguarded -']);
    await client.query(`DROP TRIGGER append_only ON ${T}`);
    expect(await faults()).toEqual(['unguarded -']);
  });

  test('many problems are counted, and the first ones told', async () => {
    await writer.appendAuditEvents(Array.from({ length: 90 }, (_, i) => event(`${i}`)));
    await tamper(`UPDATE ${T} SET actor = 'eve' WHERE id >= ${id(0)}`);
    const { problems, problemCount } = await store.verifyTrail();
    expect([problems.length, problemCount, problems[0]!.event]).toEqual([20, 100, id(0)]);
  });
});

describe('audit.log', () => {
  const lines = () => readFileSync(log(), 'utf8').trimEnd().split('\n');
  const rewrite = (change: (lines: string[]) => string[]) => writeFileSync(log(), `${change(lines()).join('\n')}\n`);
  const verify = () => verifyLog(store, settings());
  const problems = async () => (await verify()).problems.map(({ fault, file, line }) => `${fault} ${file} ${line}`);

  test('has a line for each event, and gets the missing ones later', async () => {
    expect(await verify()).toEqual({ files: 0, lines: 0, behind: null, problems: [], problemCount: 0 });
    expect(await mirror()).toBeNull();
    expect(JSON.parse(lines().at(-1)!)).toMatchObject({
      id: id(9),
      at: day(1).toISOString(),
      actor: 'ada',
      action: 'did 9',
    });
    await writer.appendAuditEvents([event('not written')]);
    expect(await verify()).toMatchObject({ lines: migrations + 10, behind: 1, problemCount: 0 });
    appendFileSync(log(), lines().at(-1)!.slice(0, 50)); // a crash in the middle of a line
    expect(await mirror()).toBeNull();
    expect(await mirror()).toBeNull();
    expect(await verify()).toMatchObject({ lines: migrations + 11, behind: 0, problems: [] });
  });

  test('shares its file with other stores, and finds its own end behind many of their lines', async () => {
    await mirror();
    const foreign = JSON.stringify({ ...JSON.parse(lines()[0]!), store: 'other' });
    appendFileSync(log(), `${foreign}\n`.repeat(1000));
    await writer.appendAuditEvents([event('after them')]);
    await mirror();
    expect(await verify()).toMatchObject({ lines: migrations + 11, behind: 0, problems: [] });
  });

  test('goes on after an archive that somebody rotated away, packed or not', async () => {
    await mirror();
    renameSync(log(), join(dir, 'audit.log.1'));
    await writer.appendAuditEvents([event('second file')]);
    await mirror();
    writeFileSync(join(dir, 'audit.log-old.gz'), gzipSync(readFileSync(join(dir, 'audit.log.1'))));
    rmSync(join(dir, 'audit.log.1'));
    expect(await verify()).toMatchObject({ files: 2, lines: migrations + 11, behind: 0, problems: [] });
    rmSync(log());
    await writer.appendAuditEvents([event('third file')]);
    await mirror();
    expect(await verify()).toMatchObject({ lines: migrations + 12, problems: [] });
  });

  test('that was changed is told by its line', async () => {
    await mirror();
    rewrite((all) => all.map((line, i) => (i === 3 ? line.replace('"sentinel"', '"eve"') : line)));
    expect(await problems()).toEqual(['changed audit.log 4']);
    const { message } = (await verify()).problems[0]!;
    expect(message).toBe('audit.log line 4 (event 4) was changed: its contents do not give its hash');
  });

  test.each<[string, (all: string[]) => string[], string]>([
    ['a field more', (all) => all.with(3, all[3]!.replace('{', '{"seen":1,')), 'changed audit.log 4'],
    ['a line less', (all) => all.toSpliced(3, 1), 'missing audit.log 4'],
    ['two lines exchanged', (all) => [...all.slice(0, 3), all[4]!, all[3]!, ...all.slice(5)], 'missing audit.log 4'],
    ['a line twice', (all) => all.toSpliced(3, 0, all[3]!), 'reordered audit.log 5'],
    ['rubbish', (all) => all.with(3, 'rubbish'), 'unreadable audit.log 4'],
    ['an id', (all) => all.with(3, all[3]!.replace('"id":4', '"id":5')), 'differs audit.log 4'],
    [
      'a line with a hash that fits',
      (all) => {
        const { previous, hash: _, store: name, id: number, ...rest } = JSON.parse(all[3]!);
        const { incident, run, at, action, reason, details } = rest;
        const text = JSON.stringify([incident, run, at, 'eve', action, reason, { ...details }]);
        const keys = Object.keys(details).sort();
        const sorted = JSON.stringify(Object.fromEntries(keys.map((key) => [key, details[key]])));
        const hashed = text.replace(JSON.stringify(details), sorted);
        const hash = createHash('sha256').update(Buffer.from(previous, 'hex')).update(hashed).digest('hex');
        return all.with(3, JSON.stringify({ ...rest, actor: 'eve', store: name, id: number, previous, hash }));
      },
      'differs audit.log 4',
    ],
  ])('that has %s is told by its line', async (_, change, problem) => {
    await mirror();
    rewrite(change);
    expect(await problems()).toContain(problem);
  });

  test('tells what was cut from the end of the table, and goes on behind it', async () => {
    await mirror();
    await tamper(`DELETE FROM sentinel.incident_event WHERE id = ${id(9)}`);
    expect(await faults()).toEqual([]);
    expect(await problems()).toEqual([`differs audit.log ${id(9)}`]);
    await writer.appendAuditEvents([event('new end')]);
    expect(await mirror()).toBe(id(9));
    expect((await verify()).problemCount).toBeGreaterThan(0);
    expect(lines().at(-1)).toContain('new end');
  });
});
