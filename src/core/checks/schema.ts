import type { Finding, Severity } from '../model/finding.js';
import type { TableHistory } from '../model/history.js';
import type { TableCheck } from './check.js';
import { makeFinding } from './finding.js';
import { lastSeen, measured, tablePoints } from './past.js';
import { type SchemaChange, schemaChanges } from './schema-changes.js';
import { columnName, counted, list, name, printable, tableName, time } from './sentence.js';

/** `value` of a finding about a table or column that is gone; what is gone implies the rest about it. */
export const DROPPED = 'dropped';
/** `value` of a finding about a table or column that is new. */
export const ADDED = 'added';

/** What changed in the shape of a table since the last judged run: tables, columns, types, nullability, primary key. */
export const schema: TableCheck = {
  name: 'schema',
  judge(history) {
    const { shape, previousShape } = history;
    if (previousShape === null) return shape === null ? [] : added(history, shape.columns.length);
    if (shape === null) return measured(history) ? [] : [gone(history, previousShape.columns.length)];
    return schemaChanges(previousShape, shape).map((change) => {
      const { severity, value, message, column } = describe(history, change);
      const before = time(lastSeen(history) ?? previousShape.time);
      return finding(history, severity, value, `${message} since the run of ${before}.`, column);
    });
  },
};

function finding(
  history: TableHistory,
  severity: Severity,
  value: string,
  message: string,
  column: string | undefined,
): Finding {
  const about = column === undefined ? {} : { column };
  return makeFinding(history, { check: schema.name, metric: 'schema', severity, value, message, ...about });
}

function added(history: TableHistory, columns: number): Finding[] {
  if (history.sourceJudgedAt === undefined) return [];
  const rows = measured(history)?.rowCount;
  const size = counted(columns, 'column') + (rows === undefined ? '' : ` and ${counted(rows, 'row')}`);
  const since = time(history.sourceJudgedAt);
  const message = `${tableName(history)} is new, with ${size}; it was not there at ${since}.`;
  return [finding(history, 'info', ADDED, message, undefined)];
}

function gone(history: TableHistory, columns: number): Finding {
  const rows = tablePoints(history, 'row_count').at(-1)?.value;
  const size = counted(columns, 'column') + (rows === undefined ? '' : ` and ${counted(rows, 'row')}`);
  const seen = lastSeen(history);
  const since = seen === undefined ? '' : ` at ${time(seen)}`;
  const message = `${tableName(history)} no longer exists; it was last seen${since} with ${size}.`;
  return finding(history, 'critical', DROPPED, message, undefined);
}

interface Description {
  readonly severity: Severity;
  readonly value: string;
  /** The sentence up to "since …". */
  readonly message: string;
  readonly column?: string;
}

function describe(history: TableHistory, change: SchemaChange): Description {
  const table = tableName(history);
  switch (change.kind) {
    case 'recreated':
      return {
        severity: 'info',
        value: 'recreated',
        message: `${table} was dropped and created anew with the same columns`,
      };
    case 'column_added': {
      const { name: column, type } = change.column;
      const message = `Column ${columnName(history, column)} (${printable(type)}) was added`;
      return { severity: 'info', value: ADDED, column, message };
    }
    case 'column_dropped': {
      const { name: column, type } = change.column;
      const message = `Column ${columnName(history, column)} (${printable(type)}) was dropped`;
      return { severity: 'critical', value: DROPPED, column, message };
    }
    case 'column_renamed': {
      const [from, to] = [columnName(history, change.from.name), name(change.to.name)];
      const message = change.certain
        ? `Column ${from} was renamed to ${to}`
        : `Column ${from} is gone and ${to}, of the same type, is in its place, which looks like a renaming`;
      return { severity: 'critical', value: `renamed to ${change.to.name}`, column: change.from.name, message };
    }
    case 'column_retyped': {
      const [from, to] = [printable(change.from.type), printable(change.to.type)];
      const message = `Column ${columnName(history, change.to.name)} changed its type from ${from} to ${to}`;
      const severity = change.widened ? 'warn' : 'critical';
      return { severity, value: `${change.from.type} → ${change.to.type}`, column: change.to.name, message };
    }
    case 'nullability': {
      const { name: column, notNull } = change.column;
      const message = notNull
        ? `Column ${columnName(history, column)} no longer allows nulls`
        : `Column ${columnName(history, column)} now allows nulls`;
      return { severity: notNull ? 'info' : 'warn', value: notNull ? 'not null' : 'nullable', column, message };
    }
    case 'primary_key': {
      const [from, to] = [change.from, change.to].map((key) => (key.length === 0 ? 'none' : list(key.map(name), 32)));
      const message = `The primary key of ${table} changed from ${from} to ${to}`;
      return { severity: change.from.length === 0 ? 'info' : 'warn', value: change.to.join(', '), message };
    }
  }
}
