import type pg from 'pg';
import type { ColumnRow, RelationRow } from './catalog-rows.js';
import { toFailure } from './failure.js';
import { quoteIdentifier, quoteQualified } from './quote.js';

/** What the planner says of reading a view, or why it is not read. */
export type ViewPlan = { readonly rows: number } | { readonly refusal: string };

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Total Cost': number;
  readonly 'Plan Rows': number;
  readonly Plans?: readonly PlanNode[];
}

/** Planning may evaluate functions and wait for locks of the tables underneath; neither may hold up the discovery. */
const PLAN_TIMEOUT_MS = 5_000;
const PLAN_LOCK_TIMEOUT_MS = 250;

/**
 * Plan the read of a view's readable columns, which executes nothing. Must run inside a transaction; the locks that
 * planning takes are given back at once.
 */
export async function planView(
  client: pg.Client,
  view: RelationRow,
  columns: readonly ColumnRow[],
  limits: { readonly maxCost: number; readonly foreignTables: boolean },
): Promise<ViewPlan> {
  if (limits.maxCost <= 0) return { refusal: 'view: opt in with views.maxCost' };
  const list = columns.filter((column) => column.readable).map((column) => quoteIdentifier(column.name));
  const savepoint = 'sentinel_plan';
  let plan: PlanNode;
  try {
    const results = (await client.query(`
      SAVEPOINT ${savepoint};
      SET LOCAL statement_timeout = ${PLAN_TIMEOUT_MS};
      SET LOCAL lock_timeout = ${PLAN_LOCK_TIMEOUT_MS};
      EXPLAIN (FORMAT JSON) SELECT ${list.join(', ')} FROM ${quoteQualified(view.schema, view.name)};
      ROLLBACK TO SAVEPOINT ${savepoint};
      RELEASE SAVEPOINT ${savepoint}`)) as unknown as pg.QueryResult[];
    plan = results[3]?.rows[0]['QUERY PLAN'][0].Plan;
  } catch (error) {
    await client.query(`ROLLBACK TO SAVEPOINT ${savepoint}; RELEASE SAVEPOINT ${savepoint}`).catch(() => {
      throw error; // the connection is gone
    });
    return { refusal: `view: cannot be planned: ${toFailure(error).message}` };
  }
  const cost = plan['Total Cost'];
  if (cost > limits.maxCost) {
    return { refusal: `view: estimated cost ${shorten(cost)} is above ${limits.maxCost} (views.maxCost)` };
  }
  if (!limits.foreignTables && readsForeign(plan)) {
    return { refusal: 'view: reads foreign tables; opt in with foreignTables: true' };
  }
  return { rows: plan['Plan Rows'] };
}

function readsForeign(node: PlanNode): boolean {
  return node['Node Type'] === 'Foreign Scan' || (node.Plans ?? []).some(readsForeign);
}

/** `1.2e6` from a million on, whole numbers below. */
function shorten(cost: number): string {
  return cost < 1e6 ? String(Math.round(cost)) : cost.toExponential(1).replace('e+', 'e');
}
