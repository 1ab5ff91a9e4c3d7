import fc from 'fast-check';
import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral, quoteQualified } from '#src/adapters/postgres/quote.js';
import { testServer } from '../support/postgres.js';

let client: pg.Client;

beforeAll(async () => {
  client = await (await (await testServer()).createDatabase()).client();
});

/** Texts of whole characters without NUL, rich in what means something to SQL. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom('"', "'", '\\', '.', ';', '--', '$$', '\n', 'E', '%', '\u{1F600}', 'ü'),
      fc.string({ unit: 'binary' }),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => pieces.join('').replaceAll('\0', ''));

/** At most 63 bytes: a longer name is cut by the server. */
const name = text.filter((name) => name !== '' && Buffer.byteLength(name) <= 63);

const value = async (sql: string, parameters: unknown[] = []) =>
  Object.values((await client.query<Record<string, string>>(sql, parameters)).rows[0]!)[0];

describe('quoting', () => {
  test('agrees with the server', () =>
    fc.assert(
      fc.asyncProperty(name, async (name) => {
        const theirs = await value(`SELECT format('%I', $1::text)`, [name]);
        // The server quotes only where it must.
        expect([theirs, `"${theirs}"`]).toContain(quoteIdentifier(name));
      }),
    ));

  test('names come back as they were', () =>
    fc.assert(
      fc.asyncProperty(name, name, async (schema, table) => {
        fc.pre(!/^pg_/.test(schema));
        await client.query(
          `BEGIN; CREATE SCHEMA IF NOT EXISTS ${quoteIdentifier(schema)}; CREATE TABLE ${quoteQualified(schema, table)} (${quoteIdentifier(table)} int)`,
        );
        const { rows } = await client.query<{ schema: string; table: string; column: string }>(
          `SELECT n.nspname AS schema, c.relname AS table, a.attname AS column FROM pg_class c
           JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
           WHERE c.oid = to_regclass($1)`,
          [quoteQualified(schema, table)],
        );
        await client.query('ROLLBACK');
        expect(rows).toEqual([{ schema, table, column: table }]);
      }),
    ));

  test.each(['on', 'off'])('literals mean what they say, standard_conforming_strings %s', async (setting) => {
    await client.query(`SET standard_conforming_strings = ${setting}`);
    await client.query('SET backslash_quote = off');
    await fc.assert(
      fc.asyncProperty(text, async (text) => {
        expect(await value(`SELECT ${quoteLiteral(text)}`)).toBe(text);
      }),
    );
    await client.query('RESET standard_conforming_strings');
  });

  test('what no name or text can hold is refused', () => {
    expect(() => quoteIdentifier('a\0b')).toThrow(RangeError);
    expect(() => quoteQualified('a', '')).toThrow(RangeError);
    expect(() => quoteLiteral('\0')).toThrow(RangeError);
  });
});
