import type pg from 'pg';
import type { Guards } from '#src/contract/connection.js';
import type { CustomQuery } from '#src/contract/custom-query.js';
import { quoteQualified } from './quote.js';
import { isServerError } from './source-client.js';
import { SourceError } from './source-error.js';
import { beginReadOnly } from './transaction.js';
import { limitAge } from './transaction-age.js';

/** Longest text of a number that is looked at; a value of gigabytes must not travel. */
const MAX_TEXT = 400;
/** SQLSTATEs of a name that is not found: table, schema, function or operator, type. */
const NOT_FOUND = new Set(['42P01', '3F000', '42883', '42704']);

/**
 * Measure one number of a table by SQL of the user's own, on a connection that is closed afterwards. Null where the SQL gives NULL
 * or no row. The text stands in a scalar subquery of a single statement of the extended protocol, in a READ ONLY transaction that
 * is rolled back: so it can be no second statement, can change nothing, and no setting that it makes outlives it. Rejects with
 * SourceError where it costs more than it may or is no number, else with the server's error.
 */
export async function measureCustomQuery(
  client: pg.Client,
  table: { readonly schema: string; readonly name: string },
  query: CustomQuery,
  guards: Guards,
): Promise<number | null> {
  const sql = statement(table, query);
  const age = limitAge(client, guards.maxTransactionAgeMs);
  try {
    await beginReadOnly(client, guards);
    const cost = await plannedCost(client, sql);
    if (cost > query.maxCost) throw tooCostly(cost, query);
    const { rows } = await single<{ value: string | null }>(client, sql);
    return parseNumber(rows[0]!.value);
  } catch (error) {
    const told = age.asOverdue(error);
    throw NOT_FOUND.has(codeOf(told)) && isServerError(told) ? notFound(told as Error) : told;
  } finally {
    age.stop();
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** Line breaks end a comment that the text may end with. */
function statement(table: { readonly schema: string; readonly name: string }, { sql }: CustomQuery): string {
  const text = sql.text.replace(/[\s;]+$/, '');
  const from = quoteQualified(table.schema, table.name);
  const query = sql.kind === 'query' ? text : `SELECT (\n${text}\n) FROM ${from}`;
  return `SELECT pg_catalog.left((\n${query}\n)::pg_catalog.text, ${MAX_TEXT}) AS value`;
}

async function plannedCost(client: pg.Client, sql: string): Promise<number> {
  const { rows } = await single<{ 'QUERY PLAN': readonly { readonly Plan: { readonly 'Total Cost': number } }[] }>(
    client,
    `EXPLAIN (FORMAT JSON) ${sql}`,
  );
  return rows[0]!['QUERY PLAN'][0]!.Plan['Total Cost'];
}

/** The extended protocol takes exactly one statement; node-postgres would use the simple one where there are no parameters. */
function single<R extends pg.QueryResultRow>(client: pg.Client, text: string): Promise<pg.QueryResult<R>> {
  const config: pg.QueryConfig & { readonly queryMode: 'extended' } = { text, queryMode: 'extended' };
  return client.query<R>(config);
}

function parseNumber(text: string | null): number | null {
  if (text === null) return null;
  if (text === 'true' || text === 'false') return text === 'true' ? 1 : 0;
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  // What it gave instead may be personal: it is not quoted.
  const message = 'it gives no finite number; let it give one, e.g. by count(*), avg(…) or extract(epoch FROM …)';
  throw new SourceError('metric_not_a_number', message, false);
}

function tooCostly(cost: number, { maxCost }: CustomQuery): SourceError {
  const message = `it was not run: the planner expects a cost of ${Math.round(cost)}, and its maxCost is ${maxCost}; raise maxCost in sentinel.yaml, or make it cheaper`;
  return new SourceError('metric_too_costly', message, false);
}

function notFound(error: Error): SourceError {
  const message = `the server says: ${error.message}; names need their schema, as the search_path is empty`;
  return new SourceError(codeOf(error), message, false, { cause: error });
}

function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
