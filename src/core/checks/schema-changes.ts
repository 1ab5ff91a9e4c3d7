import type { KnownColumn, SchemaVersion } from '../model/history.js';
import { isWidening } from './type-widening.js';

/** One difference between two shapes of a table. */
export type SchemaChange =
  | { readonly kind: 'recreated' }
  | { readonly kind: 'column_added'; readonly column: KnownColumn }
  | { readonly kind: 'column_dropped'; readonly column: KnownColumn }
  /** `certain` where Postgres itself says so: the same attribute number of the same table. */
  | { readonly kind: 'column_renamed'; readonly from: KnownColumn; readonly to: KnownColumn; readonly certain: boolean }
  | {
      readonly kind: 'column_retyped';
      readonly from: KnownColumn;
      readonly to: KnownColumn;
      readonly widened: boolean;
    }
  | { readonly kind: 'nullability'; readonly column: KnownColumn }
  | { readonly kind: 'primary_key'; readonly from: readonly string[]; readonly to: readonly string[] };

/** What changed from one shape of a table to the next; a table made anew with the same columns is `recreated` only. */
export function schemaChanges(before: SchemaVersion, after: SchemaVersion): SchemaChange[] {
  const sameTable = before.oid === after.oid;
  const was = byName(before.columns);
  const is = byName(after.columns);
  const gone = before.columns.filter((column) => !is.has(column.name));
  const fresh = after.columns.filter((column) => !was.has(column.name));

  const changes: SchemaChange[] = [];
  const renamed = new Map<string, string>();
  for (const from of gone) {
    const to = fresh.find((each) => each.position === from.position && each.type === from.type);
    if (!to) {
      changes.push({ kind: 'column_dropped', column: from });
      continue;
    }
    renamed.set(from.name, to.name);
    changes.push({ kind: 'column_renamed', from, to, certain: sameTable });
    if (from.notNull !== to.notNull) changes.push({ kind: 'nullability', column: to });
  }
  const newNames = new Set(renamed.values());
  for (const column of fresh) if (!newNames.has(column.name)) changes.push({ kind: 'column_added', column });
  for (const from of before.columns) {
    const to = is.get(from.name);
    if (!to) continue;
    if (from.type !== to.type) {
      changes.push({ kind: 'column_retyped', from, to, widened: isWidening(from.type, to.type) });
    }
    if (from.notNull !== to.notNull) changes.push({ kind: 'nullability', column: to });
  }
  // A key whose column has another name now is the same key.
  const key = before.primaryKey.map((column) => renamed.get(column) ?? column);
  if (key.length !== after.primaryKey.length || key.some((column, i) => column !== after.primaryKey[i])) {
    changes.push({ kind: 'primary_key', from: before.primaryKey, to: after.primaryKey });
  }
  if (changes.length === 0 && !sameTable) changes.push({ kind: 'recreated' });
  return changes;
}

function byName(columns: readonly KnownColumn[]): Map<string, KnownColumn> {
  return new Map(columns.map((column) => [column.name, column]));
}
