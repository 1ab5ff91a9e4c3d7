import { describe, expect, test } from 'vitest';
import { foldSchemas, judgeSources, judgeTables } from '#src/core/checks/index.js';
import type { SlotState } from '#src/core/model/history.js';
import { DAY, NOW, sourceHistory, tableHistory } from '../../support/table-history.js';

const MIB = 1024 * 1024;
const inventory = { databases: ['analytics'], schemas: ['sales'], slots: [] };
const previousInventory = { databases: ['analytics', 'old'], schemas: ['sales', 'web'], slots: [], time: NOW - DAY };

test('nothing changed, nothing said', () => {
  expect(judgeSources([sourceHistory()])).toEqual([]);
});

test('the first run has nothing to compare with', () => {
  expect(judgeSources([sourceHistory({ previousInventory: null })])).toEqual([]);
});

const away = {
  inventory: null,
  failure: { code: 'ECONNREFUSED', message: 'nothing listens on dwh:5432;\u001B[31m check BATCH_DB_HOST' },
};

test('a source out of reach is said once, of the source; of what it holds nothing is', () => {
  const slot: SlotState = { name: 'cdc', active: true, walStatus: 'reserved', retainedBytes: 0 };
  const history = sourceHistory({ ...away, previousInventory: { ...previousInventory, slots: [slot] } });
  expect(judgeSources([history])).toMatchObject([
    {
      check: 'unreachable',
      metric: 'reachable',
      severity: 'warn',
      schema: null,
      table: null,
      value: 'ECONNREFUSED',
      message:
        'Source batch could not be read, so its tables are unknown (last read at 2026-11-23 02:00 UTC): nothing listens on dwh:5432;\\u{1b}[31m check BATCH_DB_HOST.',
    },
  ]);
});

test('a source that was never reached is said as well', () => {
  const [found, ...others] = judgeSources([sourceHistory({ ...away, previousInventory: null })]);
  expect(found!.message).toMatch(/^Source batch could not be read, so its tables are unknown: nothing listens/);
  expect(others).toEqual([]);
});

test('where nobody says why there is no inventory, nothing is said', () => {
  expect(judgeSources([sourceHistory({ inventory: null })])).toEqual([]);
});

test('a database that is gone', () => {
  const failure = { code: '3D000', message: 'there is no database analytics' };
  expect(judgeSources([sourceHistory({ inventory: null, failure, databaseGone: true })])).toMatchObject([
    {
      check: 'database_gone',
      severity: 'critical',
      schema: null,
      table: null,
      message: 'Database analytics of source batch no longer exists; it was there at 2026-11-23 02:00 UTC.',
    },
  ]);
});

test('dropped databases and schemas', () => {
  expect(judgeSources([sourceHistory({ inventory, previousInventory })])).toMatchObject([
    { check: 'databases', severity: 'warn', value: 'old' },
    { check: 'schemas', severity: 'critical', schema: 'web', table: null, value: 'dropped' },
  ]);
});

test('added ones are information', () => {
  const [before, after] = [{ ...inventory, time: NOW - DAY }, previousInventory];
  expect(judgeSources([sourceHistory({ inventory: after, previousInventory: before })])).toMatchObject([
    { check: 'databases', severity: 'info', value: 'old' },
    { check: 'schemas', severity: 'info', schema: 'web', value: 'added' },
  ]);
});

test('a schema that is gone names its tables and speaks for them', () => {
  const gone = ['clicks', 'visits'].map((table) => tableHistory({ schema: 'web', table, shape: null, profile: null }));
  const other = tableHistory({ table: 'orders', shape: null, profile: null });
  const source = sourceHistory({ inventory: { ...inventory, databases: ['analytics', 'old'] }, previousInventory });
  const findings = foldSchemas([...judgeSources([source]), ...judgeTables([...gone, other])]);
  expect(findings.map((each) => each.message)).toEqual([
    'Schema web no longer exists; it was there at 2026-11-23 02:00 UTC with its 2 tables clicks and visits.',
    'sales.orders no longer exists; it was last seen at 2026-11-23 02:00 UTC with 2 columns and 10 rows.',
  ]);
});

test('a schema that is new names its tables, which then have no finding of their own', () => {
  const source = sourceHistory({
    inventory: { ...inventory, schemas: ['sales', 'crm'] },
    previousInventory: { ...inventory, schemas: ['sales'], time: NOW - DAY },
  });
  const added = ['leads', 'accounts'].map((table) => tableHistory({ schema: 'crm', table, previousShape: null }));
  const other = tableHistory({ schema: 'sales', table: 'carts', previousShape: null });
  const findings = foldSchemas([...judgeSources([source]), ...judgeTables([...added, other])]);
  expect(findings.map((each) => each.message)).toEqual([
    'Schema crm is new, with 2 tables accounts and leads; it was not there at 2026-11-23 02:00 UTC.',
    'sales.carts is new, with 2 columns and 10 rows; it was not there at 2026-11-23 02:00 UTC.',
  ]);
});

describe('replication slots', () => {
  const judge = (slot: Partial<SlotState>, before?: Partial<SlotState>) => {
    const make = (each: Partial<SlotState>) => ({
      name: 'debezium',
      active: false,
      walStatus: 'reserved',
      retainedBytes: 0,
      ...each,
    });
    return judgeSources([
      sourceHistory({
        inventory: { ...inventory, slots: [make(slot)] },
        previousInventory: before ? { ...inventory, slots: [make(before)], time: NOW - DAY } : null,
      }),
    ]);
  };

  test.each([
    ['inactive at the limit', { retainedBytes: 64 * MIB }, []],
    ['inactive above it', { retainedBytes: 64 * MIB + 1 }, ['warn']],
    ['ten times the limit', { retainedBytes: 640 * MIB }, ['warn']],
    ['more than that', { retainedBytes: 640 * MIB + 1 }, ['critical']],
    ['active', { active: true, retainedBytes: 9_000 * MIB }, []],
    ['lost', { walStatus: 'lost', retainedBytes: null }, ['critical']],
    ['unreserved', { walStatus: 'unreserved', retainedBytes: MIB }, ['critical']],
    ['unknown', { retainedBytes: null }, []],
  ])('%s', (_, slot, expected) => {
    expect(judge(slot).map((finding) => finding.severity)).toEqual(expected);
  });

  test('the sentence', () => {
    expect(judge({ retainedBytes: 2.3 * 1024 * MIB }, { active: true })[0]?.message).toBe(
      'Replication slot debezium of source batch is inactive, unlike at 2026-11-23 02:00 UTC, and holds back 2.3 GiB ' +
        'of WAL, which fills the disk; expected at most 64 MiB.',
    );
    expect(judge({ walStatus: 'lost' })[0]?.message).toBe(
      'Replication slot debezium of source batch is inactive and has lost WAL that it needed: its reader must start ' +
        'again from a full copy.',
    );
  });
});
