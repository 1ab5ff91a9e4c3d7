import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dbtTables, readDbtManifest } from '#src/config/dbt-manifest.js';
import { compileTablePolicies } from '#src/config/policy.js';
import type { Problem } from '#src/config/problem.js';

const node = (name: string, parents: readonly string[] = [], more: object = {}) => ({
  resource_type: 'model',
  database: 'shop',
  schema: 'marts',
  name,
  alias: name,
  description: '',
  depends_on: { macros: [], nodes: parents },
  ...more,
});

const MANIFEST = {
  metadata: { dbt_schema_version: 'https://schemas.getdbt.com/dbt/manifest/v12.json' },
  nodes: {
    'model.p.orders': node('orders', ['source.p.raw.orders'], {
      description: ' One row an order. ',
      config: { materialized: 'table', meta: { owner: 'Sales data' } },
    }),
    'model.p.revenue': node('revenue', ['model.p.orders', 'model.p.helper'], { group: 'finance', alias: 'revenue.v2' }),
    'model.p.helper': node('helper', ['model.p.orders'], { config: { materialized: 'ephemeral' } }),
    'model.p.last': node('last', ['model.p.revenue']),
    'test.p.not_null': node('not_null', ['model.p.orders'], { resource_type: 'test' }),
    'model.p.elsewhere': node('elsewhere', [], { database: 'other', description: 'of another database' }),
  },
  sources: {
    'source.p.raw.orders': {
      ...node('orders', [], {
        resource_type: 'source',
        schema: 'raw',
        identifier: 'Orders*',
        meta: { owner: 'Ingest' },
      }),
      depends_on: undefined,
    },
  },
  exposures: {
    'exposure.p.weekly': {
      name: 'weekly',
      label: 'Weekly sales',
      type: 'dashboard',
      depends_on: { nodes: ['model.p.revenue'] },
    },
  },
  groups: { 'group.p.finance': { name: 'finance', owner: { email: 'finance@example.com' } } },
};

const SOURCES = [
  { name: 'batch', database: 'shop' },
  { name: 'copy', database: 'shop' },
];

describe('a manifest of dbt', () => {
  const settingsOf = compileTablePolicies(dbtTables(MANIFEST, SOURCES));
  const of = (schema: string, table: string, source = 'batch') => settingsOf({ source, schema, table });

  test('says owner, description and what is made from a table, the nearest first', () => {
    expect(of('marts', 'orders')).toEqual({
      owner: 'Sales data',
      description: 'One row an order.',
      feeds: ['marts.revenue.v2', 'marts.last', 'dashboard Weekly sales'],
    });
    // through what is no table itself
    expect(of('marts', 'orders', 'copy')).toEqual(of('marts', 'orders'));
    expect(of('raw', 'Orders*')).toMatchObject({
      owner: 'Ingest',
      feeds: ['marts.orders', expect.anything(), expect.anything(), expect.anything()],
    });
  });

  test('takes names as they are: an alias with a dot, an identifier with a star', () => {
    expect(of('marts', 'revenue.v2')).toMatchObject({ owner: 'finance@example.com' });
    expect(of('raw', 'Orders of somebody else')).toEqual({});
  });

  test('says nothing of what is no table, or is in another database', () => {
    expect(of('marts', 'helper')).toEqual({});
    expect(of('marts', 'not_null')).toEqual({});
    expect(of('marts', 'elsewhere')).toEqual({});
  });

  test('does not go round in circles', () => {
    const nodes = { a: node('a', ['b']), b: node('b', ['a']) };
    expect(
      compileTablePolicies(dbtTables({ nodes }, SOURCES))({ source: 'batch', schema: 'marts', table: 'a' }),
    ).toEqual({ feeds: ['marts.b'] });
  });

  test.each([[null], [{}], [{ nodes: [] }], [{ nodes: { a: { name: 1 } } }]])(
    'is refused where it is none: %j',
    (manifest) => {
      expect(() => dbtTables(manifest, SOURCES)).toThrow();
    },
  );
});

test.each([
  [null, 'there is no such file'],
  ['{', /^it is no JSON \([^\n]+\)$/],
  ['[]', 'it holds a list, not a mapping'],
  ['{}', 'its key nodes is missing'],
  ['{ "nodes": 3 }', 'its key nodes holds a number, not a mapping'],
  [
    '{ "nodes": { "model.p.a": { "resource_type": "model", "name": "a" } } }',
    'its key nodes → model.p.a → schema is missing',
  ],
])('of a file with %j it is said what is wrong, in plain words', (text, words) => {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-dbt-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'manifest.json');
  if (text !== null) writeFileSync(file, text);
  const problems: Problem[] = [];
  expect(readDbtManifest(file, [], problems)).toBeUndefined();
  const [, said] = problems[0]!.found!.split(`${file}: `);
  if (typeof words === 'string') expect(said).toBe(words);
  else expect(said).toMatch(words);
});
