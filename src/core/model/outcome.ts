import type { Failure } from './failure.js';
import type { ColumnProfile, TableProfile, TableStatus } from './profile.js';
import type { TableSpec } from './relation.js';

/** Why a column, or a whole table, is not read: the role may not. */
export function noPrivilege(table: TableSpec, column?: string): Failure {
  const name = `${table.schema}.${table.name}`;
  const what = column === undefined ? `any column of ${name}` : `column ${column} of ${name}`;
  return {
    code: '42501',
    message: `the role has no privilege to read ${what}; ${table.grant ?? `grant it SELECT on ${name}`}`,
    retryable: false,
    source: table.source,
    table: name,
  };
}

/** A table that was read: its columns in catalog order, each with its figures or with the reason why there are none. */
export function okProfile(
  table: TableSpec,
  figures: readonly ColumnProfile[],
  failures: ReadonlyMap<string, Failure>,
  outcome: { readonly rowCount: number; readonly consistent: boolean; readonly durationMs: number },
): TableProfile {
  const byName = new Map(figures.map((column) => [column.name, column]));
  return {
    source: table.source,
    schema: table.schema,
    table: table.name,
    status: 'ok',
    mode: 'full',
    ...outcome,
    columns: table.columns.map((spec) => {
      const failure = failures.get(spec.name) ?? (spec.readable ? undefined : noPrivilege(table, spec.name));
      if (failure) return { name: spec.name, type: spec.type, failure };
      return byName.get(spec.name) ?? { name: spec.name, type: spec.type };
    }),
  };
}

/** A table that gave no figures. */
export function emptyProfile(
  table: TableSpec,
  status: Exclude<TableStatus, 'ok'>,
  failure: Failure,
  durationMs: number,
): TableProfile {
  const { source, schema, name } = table;
  return { source, schema, table: name, status, mode: 'full', consistent: false, durationMs, columns: [], failure };
}
