import { describe, expect, test } from 'vitest';
import type { SourceSurvey } from '#src/adapters/postgres/survey.js';
import { policyText } from '#src/cli/init/policy-text.js';
import { propose } from '#src/cli/init/proposal.js';
import { proposeCapacity } from '#src/cli/init/propose-capacity.js';
import { proposeExcludes } from '#src/cli/init/propose-excludes.js';
import { proposeInsertTimes } from '#src/cli/init/propose-insert-times.js';
import type { Problem } from '#src/config/problem.js';
import { parsePolicy } from '#src/config/yaml-policy.js';
import type { ColumnSpec, TableSpec, ValueKind } from '#src/core/model/relation.js';

function column(name: string, kind: ValueKind = 'text', different: Partial<ColumnSpec> = {}): ColumnSpec {
  return { name, position: 1, type: kind, kind, notNull: true, readable: true, ...different };
}

function table(name: string, different: Partial<TableSpec> = {}): TableSpec {
  return {
    source: 'batch',
    schema: 'sales',
    name,
    oid: 1,
    kind: 'table',
    bytes: 100,
    estimatedRows: 10_000,
    columns: [],
    parts: [],
    lockable: true,
    primaryKey: [],
    ...different,
  };
}

const SERVER: SourceSurvey['server'] = {
  versionNum: 160004,
  version: '16.4',
  encoding: 'UTF8',
  inRecovery: false,
  superuser: false,
  user: 'reader',
  database: 'shop',
  maxConnections: 100,
  reservedConnections: 3,
  usedConnections: 7,
  usedByRole: 1,
  usedByDatabase: 1,
  roleConnectionLimit: -1,
  databaseConnectionLimit: -1,
  systemIdentifier: null,
  tls: null,
  pooled: false,
};

function survey(tables: readonly TableSpec[], different: Partial<SourceSurvey> = {}): SourceSurvey {
  return {
    source: 'batch',
    discovery: { tables, omitted: [], dependencies: [], inventory: { databases: [], schemas: [], slots: [] } },
    server: SERVER,
    timeZone: 'Etc/UTC',
    categories: [],
    privileges: { schemas: 0, tables: 0, grants: [] },
    storePrivileges: null,
    ...different,
  };
}

/** The policy that a proposal is read as. */
function policyOf(surveys: readonly SourceSurvey[]) {
  const text = policyText(propose(surveys, [], { cores: 4 }), { schema: './x.json', madeOn: '2026-11-27' });
  const problems: Problem[] = [];
  const policy = parsePolicy(text, problems);
  expect(problems).toEqual([]);
  return { text, policy };
}

describe('excludes', () => {
  const globs = (...tables: TableSpec[]) =>
    proposeExcludes(tables).excludes.map(
      ({ glob, tables: count, bytes, doubtful }) => `${doubtful ? '? ' : ''}${glob} ${count} ${bytes}`,
    );

  test.each([
    ['tmp_load', 'tmp_* 1 100'],
    ['orders_old', '*_old 1 100'],
    ['orders_bak', '*_bak 1 100'],
    ['_airbyte_tmp_orders', '_airbyte_tmp* 1 100'],
    ['orders__dbt_tmp', '*__dbt_tmp 1 100'],
    ['SequelizeMeta', 'SequelizeMeta 1 100'],
    ['stg_orders', '? stg_* 1 100'],
    ['room_temp', '? *_temp 1 100'],
  ])('%s is left out by %s', (name, glob) => {
    expect(globs(table(name))).toEqual([glob]);
  });

  test.each([
    'orders',
    'threshold',
    'household',
    'tmpl',
    'template',
    'gold',
    'orders_2024',
    'copyright',
    'backups_log',
  ])('%s is not', (name) => {
    expect(globs(table(name))).toEqual([]);
  });

  test('count each table once, under the first pattern that matches it', () => {
    expect(globs(table('tmp_old'), table('tmp_a'), table('a_old'))).toEqual(['tmp_* 2 200', '*_old 1 100']);
  });

  test('dated copies are left out beside their table, and are doubtful without it', () => {
    expect(globs(table('orders'), table('orders_20240131'), table('orders_20240229'))).toEqual([
      'batch.sales.orders_20?????? 2 200',
    ]);
    expect(globs(table('events_2024-01-31'))).toEqual(['? batch.sales.events_20??-??-?? 1 100']);
    expect(globs(table('orders', { schema: 'other' }), table('orders_20240131'))).toEqual([
      '? batch.sales.orders_20?????? 1 100',
    ]);
    expect(globs(table('orders'), table('orders_20241331'))).toEqual([]);
  });

  test('a pattern that would match more than was meant gives way to the names', () => {
    expect(globs(table('orders'), table('orders_20240131'), table('orders_20custom'))).toEqual([
      'batch.sales.orders_20240131 1 100',
    ]);
    expect(globs(table('or*ders'), table('or*ders_20240131'))).toEqual(['batch.sales."or*ders_20240131" 1 100']);
  });

  test('partitions that are not attached are left out, the table itself is not', () => {
    const parent = table('orders', { kind: 'partitioned table' });
    expect(globs(parent, table('orders_p20240101'), table('orders_p20240201'))).toEqual([
      'batch.sales.orders_p* 2 200',
    ]);
    expect(globs(parent, table('orders_p20240101'), table('orders_paid'))).toEqual([
      'batch.sales.orders_p20240101 1 100',
    ]);
    expect(globs(parent, table('orders_2023_items'))).toEqual([]);
  });

  test('what is doubtful is kept', () => {
    expect(proposeExcludes([table('stg_a'), table('tmp_a'), table('a')]).kept.map(({ name }) => name)).toEqual([
      'stg_a',
      'a',
    ]);
  });
});

describe('the insert time', () => {
  const of = (...columns: ColumnSpec[]) => proposeInsertTimes([table('orders', { columns })])[0];

  test('is sure where the name says it and nulls are known', () => {
    expect(of(column('updated_at', 'timestamptz'), column('created_at', 'timestamptz'))).toEqual({
      match: 'batch.sales.orders',
      column: 'created_at',
      why: 'its name says "created"',
      doubtful: false,
    });
  });

  test('is doubtful, with the second best, where that is as good or the name says only when something happened', () => {
    expect(of(column('loaded_at', 'timestamptz'), column('load_day', 'date'))).toMatchObject({
      column: 'loaded_at',
      second: 'load_day',
      doubtful: true,
    });
    expect(of(column('event_time', 'timestamptz'))).toMatchObject({ column: 'event_time', doubtful: true });
    expect(of(column('created_at', 'timestamptz', { notNull: false }))).toMatchObject({ doubtful: true });
    const statistics = { nullShare: 0 };
    expect(of(column('created_at', 'timestamptz', { notNull: false, statistics }))).toMatchObject({ doubtful: false });
  });

  test('is none that the role may not read', () => {
    expect(of(column('created_at', 'timestamptz', { readable: false }))).toBeNull();
  });
});

describe('capacity', () => {
  const of = (server: Partial<SourceSurvey['server']>, machine: Parameters<typeof proposeCapacity>[1]) => {
    const { workers, maxConnections } = proposeCapacity([{ source: 'a', server: { ...SERVER, ...server } }], machine);
    return { workers, maxConnections };
  };

  test('says what differs from the defaults alone', () => {
    expect(of({}, { cores: 4 })).toEqual({});
    expect(of({}, { cores: 2 })).toEqual({ workers: 2 });
    expect(of({}, { cores: 64 })).toEqual({ workers: 8 });
    expect(of({}, { cores: 64, workersSet: 3 })).toEqual({});
  });

  test('stays within what the server, the role and the database leave', () => {
    expect(of({ usedConnections: 85 }, { cores: 4 })).toEqual({ maxConnections: 3 });
    expect(of({ roleConnectionLimit: 3 }, { cores: 4 })).toEqual({ maxConnections: 2 });
    expect(of({ databaseConnectionLimit: 1 }, { cores: 4 })).toEqual({ maxConnections: 1 });
    expect(of({ databaseConnectionLimit: 1 }, { cores: 4, connectionsSet: 9 })).toEqual({});
  });
});

describe('sentinel.yaml', () => {
  test('of databases about which nothing is to be said holds comments alone', () => {
    const { text, policy } = policyOf([survey([table('orders')])]);
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/x\.json\n/);
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
    expect(policy).toMatchObject({ exclude: [], tables: [], sources: {} });
  });

  test.each([
    ['Europe/Berlin', { batch: { timeZone: 'Europe/Berlin' } }],
    ['GMT', {}],
    ['Zulu', {}],
    ['<+02>-02', {}],
    ['x"\n# y', {}],
  ])('a clock of %s', (timeZone, sources) => {
    expect(policyOf([survey([], { timeZone })]).policy.sources).toEqual(sources);
  });

  test('hostile names stay within their comments and quotes', () => {
    const name = `tmp"'\n- x: [*?"] \u2028\u0085#\u202E\\`;
    const columns = [column('created_at', 'timestamptz'), column(`st"a\ntus`, 'text')];
    const hostile = [table(name, { columns, schema: 'a.b' }), table(`orders${name}`, { columns })];
    const categories = [{ schema: 'a.b', table: name, column: `st"a\ntus`, distinct: 3 }];
    const privileges = { schemas: 0, tables: 1, grants: [`GRANT SELECT ON "${name}" TO x;`] };
    const inventory = {
      databases: [],
      schemas: [],
      slots: [{ name, active: false, walStatus: null, retainedBytes: 1 }],
    };
    const omitted = [{ schema: 'a', name, kind: 'foreign table', reason: name } as const];
    const discovery = { tables: hostile, omitted, dependencies: [], inventory };
    const { policy, text } = policyOf([survey(hostile, { categories, privileges, discovery })]);
    expect(policy.tables).toMatchObject([{ insertTime: 'created_at' }, { insertTime: 'created_at' }]);
    expect(text).toContain('(3 values)');
    expect(text).not.toMatch(/[\u2028\u0085\u202E]/);
  });

  test('stops listing tables where nobody would read on', () => {
    const columns = [column('created_at', 'timestamptz')];
    const tables = Array.from({ length: 130 }, (_, i) => table(`t${i}`, { columns, bytes: i }));
    const { policy, text } = policyOf([survey(tables)]);
    expect(policy.tables).toHaveLength(100);
    expect(policy.tables[0]?.match).toBe('batch.sales.t129');
    expect(text).toContain('# as each run chooses by itself: 30 smaller tables');
  });

  test('of columns with few values names those that may be shown', () => {
    const columns = [column('status'), column('email'), column('amount', 'int4'), column('paid', 'bool')];
    const categories = columns.map(({ name }, i) => ({
      schema: 'sales',
      table: 'orders',
      column: name,
      distinct: 9 - i,
    }));
    const few = survey([table('orders', { columns }), table('small', { columns, estimatedRows: 10 })], { categories });
    expect(policyOf([few]).text).toMatch(/^# {3}batch\.sales\.orders: paid \(6 values\), status \(9 values\)$/m);
  });
});
