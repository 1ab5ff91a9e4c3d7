import type { ProfileSettings, ProfileTask, TableResult } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { ProfilePorts } from './ports.js';
import { profileTable } from './profile-table.js';
import { readTables } from './read-tables.js';
import type { ReadSettings } from './table-read.js';

/** Tables whose COPYs share one protocol string and one lock statement: enough to hide the round trip. */
const TABLES_PER_STRING = 20;
/** Larger tables are read alone, so that a failure in a string costs little to repeat and locks are held for moments. */
const STRING_MAX_BYTES = 8 * 1024 * 1024;

/**
 * Profile the tables of a batch, emitting each result as soon as it is known. Never rejects because of a table or a source:
 * whatever fails is an outcome. Returns the failure by which the source was lost, if that is what happened: the tables from the one
 * in work on have no result then, and those of other batches need not be tried.
 */
export async function profileBatch(
  task: ProfileTask,
  settings: ProfileSettings,
  ports: ProfilePorts,
  emit: (result: TableResult) => void,
): Promise<Failure | null> {
  const pending = new Set(task.tables);
  const reading: ReadSettings = { ...settings, events: task.events };
  const done = (table: TableSpec, result: TableResult) => {
    if (!pending.has(table)) return;
    emit(result);
    pending.delete(table); // what cannot be sent has no outcome yet
  };
  for (const tables of stringsOf(task.tables)) {
    const failure = await profileString(task.source, tables, pending, reading, ports, done);
    if (failure) return failure;
  }
  return null;
}

/** Consecutive small lockable tables share a string; every other table is alone. */
function stringsOf(tables: readonly TableSpec[]): TableSpec[][] {
  const strings: TableSpec[][] = [];
  let shared: TableSpec[] | null = null;
  let bytes = 0;
  for (const table of tables) {
    if (!table.lockable || table.bytes > STRING_MAX_BYTES || !table.columns.some((column) => column.readable)) {
      strings.push([table]);
      continue;
    }
    if (!shared || shared.length === TABLES_PER_STRING || bytes + table.bytes > STRING_MAX_BYTES) {
      shared = [];
      bytes = 0;
      strings.push(shared);
    }
    shared.push(table);
    bytes += table.bytes;
  }
  return strings;
}

/** Returns the failure by which the source was lost, or null where each table of the string has its outcome. */
async function profileString(
  source: string,
  tables: readonly TableSpec[],
  pending: ReadonlySet<TableSpec>,
  settings: ReadSettings,
  ports: ProfilePorts,
  done: (table: TableSpec, result: TableResult) => void,
): Promise<Failure | null> {
  const waiting = () => tables.filter((table) => pending.has(table));
  // What a run that hangs or a server that suffers was doing: the last of these lines.
  ports.log('debug', { source, tables: tables.map(({ schema, name }) => `${schema}.${name}`) }, 'reading');
  if (tables.length > 1) {
    try {
      await ports.retry({ source, operation: `profile ${tables.length} tables` }, async (attempt) => {
        try {
          await readTables(source, waiting(), new Map(), attempt, settings, ports, done);
        } catch (error) {
          if (ports.reader.isSourceLoss(error)) throw error;
          const { code } = ports.toFailure(error, { source });
          ports.log('debug', { source, code }, 'one table of several failed: each is now read alone');
        }
      });
    } catch (error) {
      return ports.toFailure(error, { source });
    }
  }
  for (const table of waiting()) {
    const failure = await profileTable(table, settings, ports, (result) => done(table, result));
    if (failure) return failure;
  }
  return null;
}
