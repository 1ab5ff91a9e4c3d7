import type { Severity } from '../model/finding.js';
import type { SchemaChange } from './schema-changes.js';
import { columnName, list, name, printable, tableName } from './sentence.js';

/** `value` of a finding about a table or column that is gone; what is gone implies the rest about it. */
export const DROPPED = 'dropped';
/** `value` of a finding about a table or column that is new. */
export const ADDED = 'added';

type TableName = Parameters<typeof tableName>[0];

/** What is to be said of a change. */
export interface SchemaChangeDescription {
  readonly severity: Severity;
  readonly value: string;
  /** The sentence up to "since …". */
  readonly message: string;
  readonly column?: string;
}

/** What happened, in one sentence but for its end, and how bad it is. */
export function describeSchemaChange(of: TableName, change: SchemaChange): SchemaChangeDescription {
  const table = tableName(of);
  switch (change.kind) {
    case 'recreated':
      return {
        severity: 'info',
        value: 'recreated',
        message: `${table} was dropped and created anew with the same columns`,
      };
    case 'column_added': {
      const { name: column, type } = change.column;
      const message = `Column ${columnName(of, column)} (${printable(type)}) was added`;
      return { severity: 'info', value: ADDED, column, message };
    }
    case 'column_dropped': {
      const { name: column, type } = change.column;
      const message = `Column ${columnName(of, column)} (${printable(type)}) was dropped`;
      return { severity: 'critical', value: DROPPED, column, message };
    }
    case 'column_renamed': {
      const [from, to] = [columnName(of, change.from.name), name(change.to.name)];
      const message = change.certain
        ? `Column ${from} was renamed to ${to}`
        : `Column ${from} is gone and ${to}, of the same type, is in its place, which looks like a renaming`;
      return { severity: 'critical', value: `renamed to ${change.to.name}`, column: change.from.name, message };
    }
    case 'column_retyped': {
      const [from, to] = [printable(change.from.type), printable(change.to.type)];
      const message = `Column ${columnName(of, change.to.name)} changed its type from ${from} to ${to}`;
      const severity = change.widened ? 'warn' : 'critical';
      return { severity, value: `${change.from.type} → ${change.to.type}`, column: change.to.name, message };
    }
    case 'nullability': {
      const { name: column, notNull } = change.column;
      const message = notNull
        ? `Column ${columnName(of, column)} no longer allows nulls`
        : `Column ${columnName(of, column)} now allows nulls`;
      return { severity: notNull ? 'info' : 'warn', value: notNull ? 'not null' : 'nullable', column, message };
    }
    case 'primary_key': {
      const [from, to] = [change.from, change.to].map((key) => (key.length === 0 ? 'none' : list(key.map(name), 32)));
      const message = `The primary key of ${table} changed from ${from} to ${to}`;
      return { severity: change.from.length === 0 ? 'info' : 'warn', value: change.to.join(', '), message };
    }
  }
}
