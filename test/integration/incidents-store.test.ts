import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PersonsChange } from '#src/adapters/store/change-incidents.js';
import { IdCache } from '#src/adapters/store/ids.js';
import { persistFindings } from '#src/adapters/store/persist-findings.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import { NO_ALERTS } from '#src/core/incidents/alert-plan.js';
import type { Finding } from '#src/core/model/finding.js';
import type { TableHistory } from '#src/core/model/history.js';
import { type TestDatabase, type TestServer, testServer } from '../support/postgres.js';
import { day, openTestStore, tableRecord } from '../support/store-records.js';

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});

interface Opened {
  readonly database: TestDatabase;
  readonly store: Store;
  readonly writer: StoreWriter;
}
const opened: Opened[] = [];
afterAll(async () => {
  for (const { store, writer } of opened) {
    await writer.release();
    await store.close();
  }
});

async function open(batchSize = 1000): Promise<Opened> {
  const database = await server.createDatabase();
  const store = await openTestStore(database, { batchSize });
  const one = { database, store, writer: await store.acquireWriter('test') };
  opened.push(one);
  return one;
}

const finding = (table: string | null, changes: Partial<Finding> = {}): Finding => ({
  source: 'batch',
  schema: table === null ? null : 'public',
  table,
  metric: 'row_count',
  check: 'row_count',
  severity: 'warn',
  value: 40,
  expected: { lower: 90 },
  score: 0.8,
  at: '2026-01-02T03:04:05.678Z',
  message: `${table} has 40 rows; expected at least 90.`,
  ...changes,
});
const critical = { severity: 'critical', score: 0.9 } as const;
const slot = (object: string) =>
  finding(null, {
    metric: 'slot_retained_bytes',
    check: 'replication_slot',
    object,
    score: 0.75,
    message: `Slot ${object}.`,
  });

/** Tables that are there in every run. */
const TABLES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** One run on day `n` that reads all tables and finds this. */
async function runOnce({ writer }: Opened, n: number, findings: readonly Finding[]): Promise<RunRef> {
  const run = await writer.beginRun({ command: 'run', startedAt: day(n), asOf: day(n) });
  await writer.persistTables(
    run,
    TABLES.map((table) => tableRecord(table)),
  );
  await writer.persistInventory(run, [
    { source: 'batch', database: 'x', inventory: { databases: [], schemas: [], slots: [] } },
  ]);
  await judge({ writer }, run, findings);
  return run;
}

function judge({ writer }: Pick<Opened, 'writer'>, run: RunRef, findings: readonly Finding[]) {
  const datasets = TABLES.map((table) => ({ source: 'batch', schema: 'public', table }));
  return writer.persistFindings(run, findings, { datasets, sources: ['batch'] });
}

async function states({ store }: Opened): Promise<string[]> {
  return (await store.listIncidents()).map(({ id, state, severity }) => `${id} ${state} ${severity}`);
}

async function actions({ store }: Opened, label: string): Promise<string[]> {
  return (await store.incidentEvents(label)).map(({ action }) => action);
}

const person = (action: PersonsChange['action'], n: number, more: Partial<PersonsChange> = {}): PersonsChange => ({
  ...{ action, actor: 'ada', at: day(n) },
  ...more,
});

interface AuditRow {
  readonly incident: string | null;
  readonly run: string | null;
  readonly at: Date;
  readonly actor: string;
  readonly action: string;
  readonly reason: string | null;
  readonly details: Record<string, string>;
  readonly prev_hash: Buffer;
  readonly hash: Buffer;
}

/** Events of incidents in the chain, followed as the documentation says it is made, without the program's own code. */
async function verifiedLength({ database }: Opened): Promise<number> {
  const client = await database.client();
  const { rows } = await client.query<AuditRow>('SELECT * FROM sentinel.incident_event ORDER BY id');
  let previous: Buffer = Buffer.from('00'.repeat(32), 'hex');
  for (const { incident, run, at, actor, action, reason, details, prev_hash: before, hash } of rows) {
    const keys = Object.keys(details).sort();
    const sorted = `{${keys.map((key) => `${JSON.stringify(key)}:${JSON.stringify(details[key])}`).join(',')}}`;
    const parts = [
      incident ?? 'null',
      ...[run, at.toISOString(), actor, action, reason].map((part) => JSON.stringify(part)),
    ];
    const text = `[${parts.join(',')},${sorted}]`;
    expect(before).toEqual(previous);
    expect(hash).toEqual(
      createHash('sha256')
        .update(Buffer.concat([previous, Buffer.from(text, 'utf8')]))
        .digest(),
    );
    previous = hash;
  }
  return rows.filter(({ incident }) => incident !== null).length;
}

describe.each([1, 1000])('incidents with BATCH_SIZE %i', (batchSize) => {
  test('are opened once, worst first, and hold their findings', async () => {
    const it = await open(batchSize);
    const found = [
      finding('a', { cause: 'All of it is of one shop.' }),
      finding('a', {
        severity: 'info',
        check: 'schema',
        metric: 'schema',
        value: 'added',
        message: 'A column is new.',
      }),
      finding('b', critical),
      finding('c', { severity: 'info' }),
      slot('one'),
      slot('two'),
      finding(null, { schema: 'crm', metric: 'schemas', check: 'schemas', value: 'dropped', score: 0.7 }),
    ];
    const run = await runOnce(it, 0, found);
    expect(await states(it)).toEqual([
      'INC-1 open critical',
      'INC-2 open warn',
      'INC-3 open warn',
      'INC-4 open warn',
      'INC-5 open warn',
    ]);
    const [worst, onA, ...source] = await it.store.listIncidents({ run: run.id });
    expect(worst).toEqual({
      id: 'INC-1',
      state: 'open',
      severity: 'critical',
      title: 'b has 40 rows; expected at least 90.',
      cause: null,
      since: day(0).toISOString(),
      findings: [{ ...found[2], incident: 'INC-1' }],
    });
    expect(onA).toMatchObject({
      cause: 'All of it is of one shop.',
      findings: [{ severity: 'warn' }, { severity: 'info', incident: 'INC-2' }],
    });
    expect(source.map(({ findings }) => findings[0])).toMatchObject([
      { object: 'one' },
      { object: 'two' },
      { schema: 'crm' },
    ]);
    expect((await it.store.findingsOf(run.id)).find(({ table }) => table === 'c')).not.toHaveProperty('incident');
    expect(await it.store.listIncidents({ label: 'INC-3' })).toHaveLength(1);
    expect(await it.store.listIncidents({ states: ['resolved', 'muted'] })).toEqual([]);
  });

  test('go on, worsen, ease and are over after two clean runs; then comes another', async () => {
    const it = await open(batchSize);
    await runOnce(it, 0, [finding('a')]);
    await runOnce(it, 1, [finding('a')]);
    expect(await actions(it, 'INC-1')).toEqual(['opened']);
    await runOnce(it, 2, [finding('a', { ...critical, message: 'Worse.' })]);
    expect(await it.store.listIncidents()).toMatchObject([
      { id: 'INC-1', severity: 'critical', title: 'Worse.', since: day(0).toISOString(), findings: [critical] },
    ]);
    await runOnce(it, 3, [finding('a')]);
    await runOnce(it, 4, []);
    expect(await states(it)).toEqual(['INC-1 open warn']);
    await runOnce(it, 5, []);
    expect(await states(it)).toEqual(['INC-1 resolved warn']);
    expect(await actions(it, 'INC-1')).toEqual(['opened', 'worsened', 'eased', 'resolved']);
    // It is shown as it was when it was seen last.
    expect((await it.store.listIncidents())[0]!.findings).toHaveLength(1);
    await runOnce(it, 6, [finding('a')]);
    expect(await states(it)).toEqual(['INC-2 open warn', 'INC-1 resolved warn']);
    expect(await verifiedLength(it)).toBe(5);
  });

  test('judging a run again changes nothing', async () => {
    const it = await open(batchSize);
    const dump = async () =>
      (await (await it.database.client()).query('SELECT * FROM sentinel.incident ORDER BY id')).rows;
    const first = await runOnce(it, 0, [finding('a'), slot('one')]);
    const before = await dump();
    await judge(it, first, [finding('a'), slot('one')]);
    expect(await dump()).toEqual(before);
    const clean = await runOnce(it, 1, []);
    for (let again = 0; again < 3; again++) await judge(it, clean, []);
    expect(await states(it)).toEqual(['INC-1 open warn', 'INC-2 open warn']);
    const last = await runOnce(it, 2, []);
    await judge(it, last, []);
    expect(await states(it)).toEqual(['INC-1 resolved warn', 'INC-2 resolved warn']);
    expect(await verifiedLength(it)).toBe(4);
  });

  test('what was not read is not clean', async () => {
    const it = await open(batchSize);
    await runOnce(it, 0, [finding('a'), slot('one')]);
    for (const n of [1, 2, 3]) {
      const run = await it.writer.beginRun({ command: 'run', startedAt: day(n), asOf: day(n) });
      await it.writer.persistTables(run, [tableRecord('a', { status: 'failed' })]);
      const failure = { code: 'ECONNREFUSED', message: 'down', retryable: true };
      await it.writer.persistInventory(run, [{ source: 'batch', database: 'x', inventory: null, failure }]);
      await judge(it, run, []);
    }
    expect(await states(it)).toEqual(['INC-1 open warn', 'INC-2 open warn']);
  });

  test('many tables that went the same way are one, and stay one while they recover', async () => {
    const it = await open(batchSize);
    const run = await runOnce(
      it,
      0,
      TABLES.map((table) => finding(table)),
    );
    const [load, ...others] = await it.store.listIncidents({ run: run.id });
    expect(others).toEqual([]);
    expect(load).toMatchObject({
      title: '6 of 6 tables of batch.public got fewer rows than usual: public.a, public.b, public.c and 3 more.',
      cause: expect.stringContaining('They changed together'),
    });
    expect(load!.findings).toHaveLength(6);
    await runOnce(it, 1, [finding('f')]);
    expect((await it.store.listIncidents())[0]!.title).toMatch(/^1 of 6 tables/);
    await runOnce(it, 2, []);
    await runOnce(it, 3, []);
    expect(await actions(it, 'INC-1')).toEqual(['opened', 'resolved']);
  });
});

describe('what people decide', () => {
  test('an acknowledged one is open again where it worsens', async () => {
    const it = await open();
    await runOnce(it, 0, [finding('a')]);
    await it.writer.changeIncidents(['INC-1'], person('ack', 0, { reason: 'asked the shop team' }));
    await runOnce(it, 1, [finding('a')]);
    expect(await states(it)).toEqual(['INC-1 acknowledged warn']);
    await runOnce(it, 2, [finding('a', critical)]);
    expect(await states(it)).toEqual(['INC-1 open critical']);
    const events = await it.store.incidentEvents('INC-1');
    expect(events).toMatchObject([
      { actor: 'sentinel', action: 'opened', reason: null },
      { actor: 'ada', action: 'acknowledged', reason: 'asked the shop team', run: null, at: day(0).getTime() },
      { actor: 'sentinel', action: 'worsened', details: { from: 'warn', to: 'critical' } },
    ]);
    expect(events[2]!.run).toMatch(/^20260103-/);
    expect(await verifiedLength(it)).toBe(3);
  });

  test('a muted one says nothing until its time has passed', async () => {
    const it = await open();
    await runOnce(it, 0, [finding('a')]);
    await it.writer.changeIncidents(['INC-1'], person('mute', 0, { until: day(3) }));
    await runOnce(it, 1, [finding('a', critical)]);
    expect(await it.store.listIncidents()).toMatchObject([
      { state: 'muted', severity: 'critical', mutedUntil: day(3).toISOString() },
    ]);
    await runOnce(it, 3, [finding('a', critical)]);
    expect(await states(it)).toEqual(['INC-1 open critical']);
    expect(await actions(it, 'INC-1')).toEqual(['opened', 'muted', 'unmuted']);
  });

  test('what is expected reaches judgement, for as long as it was said', async () => {
    const it = await open();
    const first = await runOnce(it, 0, [
      finding('a', { check: 'first_null', metric: 'null_rate', column: 'amount' }),
      finding('a'),
      slot('one'),
    ]);
    await it.writer.changeIncidents(['INC-1', 'INC-2'], person('expect', 0, { reason: 'moved', until: day(9) }));
    const run = await runOnce(it, 1, []);
    const expected = async (now: Date, of = run) => {
      const histories: Pick<TableHistory, 'table' | 'expectations'>[] = [];
      for await (const page of it.store.loadHistories(of.id, { now: now.getTime() })) histories.push(...page);
      const sources = await it.store.loadSourceHistories(of.id, { now: now.getTime() });
      return [...histories.map(({ expectations }) => expectations), sources[0]!.expectations].filter(Boolean);
    };
    const declaredAt = day(0).getTime();
    const both = [
      expect.arrayContaining([
        { column: 'amount', metric: 'null_rate', declaredAt },
        { metric: 'row_count', declaredAt },
      ]),
      [{ object: 'one', metric: 'slot_retained_bytes', declaredAt }],
    ];
    expect(await expected(day(1))).toEqual(both);
    expect(await expected(day(0), first)).toEqual(both);
    expect(await expected(day(9))).toEqual([]);
    const { rows } = await (await it.database.client()).query(
      'SELECT DISTINCT reason, declared_by, expires_at FROM sentinel.expectation',
    );
    expect(rows).toEqual([{ reason: 'moved', declared_by: 'ada', expires_at: day(9) }]);
  });

  test('expected for 30 days unless said otherwise, not from before it was seen', async () => {
    const it = await open();
    await runOnce(it, 5, [finding('a')]);
    await it.writer.changeIncidents(['INC-1'], person('expect', 2));
    const { rows } = await (await it.database.client()).query(
      'SELECT declared_at, expires_at FROM sentinel.expectation',
    );
    expect(rows).toEqual([{ declared_at: day(5), expires_at: day(35) }]);
  });

  test('an expected one is quiet while there is only information, and open again for anything else', async () => {
    const it = await open();
    await runOnce(it, 0, [finding('a')]);
    await it.writer.changeIncidents(['INC-1'], person('expect', 0));
    const mild = await runOnce(it, 1, [finding('a', { severity: 'info' })]);
    expect(await states(it)).toEqual(['INC-1 expected warn']);
    expect(await it.store.listIncidents({ run: mild.id })).toEqual([]);
    await runOnce(it, 2, [finding('a', { check: 'all_null', metric: 'null_rate', column: 'x', ...critical })]);
    expect(await states(it)).toEqual(['INC-1 open critical']);
    expect(await actions(it, 'INC-1')).toEqual(['opened', 'expected', 'reopened']);
  });

  test('one that a person resolved stays so when the run is judged again', async () => {
    const it = await open();
    const run = await runOnce(it, 0, [finding('a')]);
    await it.writer.changeIncidents(['INC-1'], person('resolve', 0));
    const [again] = await judge(it, run, [finding('a')]);
    expect(again!.incident).toBe('INC-1');
    expect(await states(it)).toEqual(['INC-1 resolved warn']);
    await runOnce(it, 1, [finding('a')]);
    expect(await states(it)).toEqual(['INC-2 open warn', 'INC-1 resolved warn']);
  });

  test('all or nothing: an unknown label or a change without sense changes none', async () => {
    const it = await open();
    const change = (labels: string[], action: PersonsChange['action']) =>
      it.writer.changeIncidents(labels, person(action, 1, { at: new Date(day(1).getTime() + 1) }));
    await expect(change(['INC-7'], 'ack')).rejects.toMatchObject({
      code: 'unknown_incident',
      message: 'there is no incident INC-7: there are none yet; "sentinel incidents --all" lists them all',
    });
    await runOnce(it, 0, [finding('a'), finding('b'), slot('one'), slot('two')]);
    await expect(change(['INC-1', 'INC-9'], 'ack')).rejects.toThrow('the nearest are INC-4, INC-3, INC-2;');
    await expect(change(['nonsense'], 'ack')).rejects.toThrow('there is no incident nonsense: the nearest are INC-4');
    await expect(it.store.incidentEvents('INC-9')).rejects.toMatchObject({ code: 'unknown_incident' });
    await it.writer.changeIncidents(['INC-2'], person('resolve', 1));
    for (const action of ['ack', 'resolve', 'expect', 'mute'] as const)
      await expect(change(['INC-1', 'INC-2'], action)).rejects.toMatchObject({
        code: 'refused_change',
        message: expect.stringContaining('INC-2 is resolved since 2026-01-02'),
      });
    await it.writer.changeIncidents(['INC-1'], person('ack', 1));
    await expect(change(['INC-3', 'INC-1'], 'ack')).rejects.toThrow('INC-1 is acknowledged already');
    expect((await states(it)).map((state) => state.split(' ').slice(0, 2).join(' '))).toEqual([
      'INC-3 open',
      'INC-4 open',
      'INC-1 acknowledged',
      'INC-2 resolved',
    ]);
    expect(await verifiedLength(it)).toBe(6);
  });

  test('a change that is sent twice is made once', async () => {
    const it = await open();
    await runOnce(it, 0, [finding('a')]);
    for (const action of ['ack', 'expect', 'resolve'] as const)
      for (let again = 0; again < 2; again++) await it.writer.changeIncidents(['INC-1'], person(action, 1));
    expect(await actions(it, 'INC-1')).toEqual(['opened', 'acknowledged', 'expected', 'resolved']);
    const { rows } = await (await it.database.client()).query('SELECT count(*)::int AS n FROM sentinel.expectation');
    expect(rows).toEqual([{ n: 1 }]);
  });

  test('needs the one writer', async () => {
    const it = await open();
    await runOnce(it, 0, [finding('a')]);
    await expect(it.store.changeIncidents(['INC-1'], person('ack', 0))).rejects.toMatchObject({ code: 'store_busy' });
    await it.writer.release();
    await it.store.changeIncidents(['INC-1'], person('ack', 0));
    expect(await states(it)).toEqual(['INC-1 acknowledged warn']);
  });
});

describe('the audit trail', () => {
  test('cannot be changed, and hostile texts are in it as they are read', async () => {
    const it = await open();
    const odd = `"\\u0000' \\ 😀 \u0000 \ud800 \u2028`;
    await runOnce(it, 0, [finding('a', { message: odd })]);
    await it.writer.changeIncidents(['INC-1'], person('ack', 0, { actor: odd, reason: odd }));
    expect(await verifiedLength(it)).toBe(2);
    const client = await it.database.client();
    for (const sql of [`UPDATE sentinel.incident_event SET actor = 'x'`, 'DELETE FROM sentinel.incident_event'])
      await expect(client.query(sql)).rejects.toMatchObject({ code: '42501' });
    await expect(client.query('TRUNCATE sentinel.incident_event')).rejects.toThrow('append-only');
  });
});

test('two thousand incidents cost few statements', async () => {
  const it = await open();
  const run = await it.writer.beginRun({ command: 'run', startedAt: day(0), asOf: day(0) });
  const found = Array.from({ length: 2000 }, (_, i) => finding(`t${i}`, { check: 'first_null', column: 'x' }));
  const datasets = found.map(({ source, table }) => ({ source, schema: 'public', table: table! }));
  const client = await it.database.client();
  let statements = 0;
  const judgeCounted = async (findings: readonly Finding[]) => {
    const query = async (sql: string, values: readonly unknown[] = []) => {
      statements++;
      return (await client.query(sql, [...values])).rows;
    };
    statements = 0;
    const tx = {
      s: 'sentinel',
      batchSize: 1000,
      alerts: NO_ALERTS,
      query: query as Parameters<typeof persistFindings>[0]['query'],
    };
    return persistFindings(tx, new IdCache().draft(), run.id, findings, { datasets, sources: ['batch'] });
  };
  const stored = await judgeCounted(found);
  expect(new Set(stored.map(({ incident }) => incident)).size).toBe(2000);
  expect(statements).toBeLessThan(25);
  await judgeCounted(found.map((each) => ({ ...each, ...critical })));
  expect(statements).toBeLessThan(25);
  expect(await it.store.listIncidents({ states: ['open'] })).toHaveLength(2000);
  expect(await verifiedLength(it)).toBe(4000);
});
