import { describeSchemaChange } from '../checks/describe-schema-change.js';
import { schemaChanges } from '../checks/schema-changes.js';
import { groupBy } from '../group-by.js';
import { seriesKind } from '../metrics/index.js';
import type { ChangedFigure, SeenInBoth, TableInBoth } from './run-pair.js';

/** `unread`: one of the runs could not read it, or did not look at it, so nothing can be said of its figures. */
export type TableChange = 'new' | 'gone' | 'changed' | 'unread' | 'same';

export interface FigureDifference {
  readonly column: string | null;
  readonly metric: string;
  readonly before: number;
  readonly after: number;
  /** Of a share: percentage points; of any other figure: percent of the larger of the two. Signed. */
  readonly changePercent: number;
}

export interface TableDifference {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  readonly change: TableChange;
  /** Null where the run has none. */
  readonly rowsBefore: number | null;
  readonly rowsAfter: number | null;
  /** One sentence for each change of its shape, and for why it is unread. */
  readonly notes: readonly string[];
  /** Those that changed by `minPercent` at least; the largest change first, the row count before all. */
  readonly figures: readonly FigureDifference[];
}

const ROW_COUNT = 'row_count';

/** What changed in each table from one run to another; tables in the order they come. */
export function compareRuns(
  { tables, figures }: SeenInBoth,
  { minPercent }: { readonly minPercent: number },
): TableDifference[] {
  const byTable = groupBy(figures, keyOf);
  return tables.map((table) => compareTable(table, byTable.get(keyOf(table)) ?? [], minPercent));
}

function compareTable(table: TableInBoth, changed: readonly ChangedFigure[], minPercent: number): TableDifference {
  const { source, schema, table: name, before, after, shapes } = table;
  const named = { source, schema, table: name };
  const rows = { rowsBefore: before?.rowCount ?? null, rowsAfter: after?.rowCount ?? null };
  const only = (change: TableChange, notes: readonly string[]) => ({ ...named, change, ...rows, notes, figures: [] });
  if (table.isNew && after) return only('new', after.state === 'ok' ? [] : [unreadNote('second', table.after)]);
  if (table.isGone) return only('gone', []);
  const unread = [
    ...(before?.state === 'ok' ? [] : [unreadNote('first', before)]),
    ...(after?.state === 'ok' ? [] : [unreadNote('second', after)]),
  ];
  const notes = [
    ...unread,
    ...(shapes
      ? schemaChanges(shapes.before, shapes.after).map((change) => `${describeSchemaChange(table, change).message}.`)
      : []),
  ];
  if (unread.length > 0) return only('unread', notes);
  const figures = changed
    .map(({ column, metric, before, after }) => ({
      column,
      metric,
      before,
      after,
      changePercent: percentOf(metric, before, after),
    }))
    .filter(({ changePercent }) => Math.abs(changePercent) >= minPercent)
    .sort((a, b) => rank(b) - rank(a));
  const change = figures.length > 0 || notes.length > 0 ? 'changed' : 'same';
  return { ...named, change, ...rows, notes, figures };
}

function unreadNote(which: 'first' | 'second', seen: TableInBoth['before']): string {
  if (seen === null) return `The ${which} run did not look at it.`;
  return `The ${which} run could not read it: ${seen.failure ?? seen.state}`;
}

function percentOf(metric: string, before: number, after: number): number {
  const whole = isShare(metric) ? 1 : Math.max(Math.abs(before), Math.abs(after));
  return ((after - before) / whole) * 100;
}

/** True for a figure between 0 and 1. */
export function isShare(metric: string): boolean {
  const kind = seriesKind(metric);
  return kind === 'rate' || kind === 'null_rate';
}

function rank({ column, metric, changePercent }: FigureDifference): number {
  return column === null && metric === ROW_COUNT ? Number.POSITIVE_INFINITY : Math.abs(changePercent);
}

function keyOf({
  source,
  schema,
  table,
}: {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
}): string {
  return JSON.stringify([source, schema, table]);
}
