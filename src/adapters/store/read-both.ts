import type { ChangedFigure, SeenInBoth, TableInBoth, TableSeen } from '#src/core/diff/run-pair.js';
import type { Failure } from '#src/core/model/failure.js';
import type { Query } from './reader-pool.js';
import { selectChangedFigures, selectTablesOfBoth } from './sql/diff.js';
import { type StoredShape, shapeOf } from './stored-shape.js';

interface NameRow {
  readonly source: string;
  readonly schema_name: string;
  readonly table_name: string;
}

interface TableRow extends NameRow {
  readonly state_before: TableSeen['state'] | null;
  readonly state_after: TableSeen['state'] | null;
  readonly rows_before: number | null;
  readonly rows_after: number | null;
  readonly failure_before: Failure | null;
  readonly failure_after: Failure | null;
  readonly is_new: boolean;
  readonly is_gone: boolean;
  readonly shape_before: StoredShape | null;
  readonly shape_after: StoredShape | null;
}

/** Figures are those alone that the runs measured differently. */
export async function readBoth(query: Query, s: string, before: number, after: number): Promise<SeenInBoth> {
  const tables = await query<TableRow>(selectTablesOfBoth(s), [before, after]);
  const figures = await query<
    NameRow & Pick<ChangedFigure, 'metric' | 'before' | 'after'> & { column_name: string | null }
  >(selectChangedFigures(s), [before, after]);
  return {
    tables: tables.map(tableOf),
    figures: figures.map(({ column_name: column, metric, before: was, after: is, ...row }) => ({
      ...nameOf(row),
      ...{ column, metric, before: was, after: is },
    })),
  };
}

function tableOf(row: TableRow): TableInBoth {
  const [before, after] = [shapeOf(row.shape_before), shapeOf(row.shape_after)];
  return {
    ...nameOf(row),
    before: seen(row.state_before, row.rows_before, row.failure_before),
    after: seen(row.state_after, row.rows_after, row.failure_after),
    isNew: row.is_new,
    isGone: row.is_gone,
    shapes: before && after ? { before, after } : null,
  };
}

function seen(state: TableSeen['state'] | null, rowCount: number | null, failure: Failure | null): TableSeen | null {
  return state === null ? null : { state, rowCount, failure: failure?.message ?? null };
}

function nameOf({ source, schema_name: schema, table_name: table }: NameRow) {
  return { source, schema, table };
}
