import { columnName, name, tableName } from '../checks/sentence.js';
import type { Finding } from '../model/finding.js';
import { loadDirection } from './load.js';

/** What to look at first, in plain sentences, by what an incident's first finding says; null where there is nothing to look for. */
export function nextStep([first]: readonly Finding[]): string | null {
  if (first === undefined) return null;
  const { check, schema, table, column } = first;
  if (schema === null || table === null) return stepForSource(first);
  const where = tableName({ schema, table });
  switch (loadDirection(first)) {
    case 'fewer':
      return `Look at what loads ${where}: whether it failed, was cut short, waits, or was given less. Load what is missing; the next run sees it.`;
    case 'more':
      return `Look at what loads ${where}: whether it ran twice, or took in what it should not. Remove what is too much; the next run sees it.`;
  }
  if (check === 'schema')
    return `Ask whoever changed ${where} whether that was meant, and whether what reads it knows.`;
  if (check.startsWith('custom'))
    return `Look at the rows of ${where} that the metric counts, and at what changed them.`;
  if (column === undefined) return `Look at the newest rows of ${where}, and at what loads them.`;
  const values = columnName({ schema, table }, column);
  switch (check) {
    case 'null_rate':
    case 'all_null':
    case 'first_null':
      return `Look at the newest rows without ${values}, and at what fills it: a field that was renamed or dropped at its origin is the usual reason.`;
    case 'distinct':
      return `Compare the values of ${values} with earlier ones: a load that ran twice, or a key that was built anew, is the usual reason.`;
    case 'categories':
      return `Ask where ${values} comes from whether its values were meant to change.`;
    default:
      return `Compare the newest values of ${values} with earlier ones: another unit, another origin or a changed computation is the usual reason.`;
  }
}

function stepForSource({ check, source, object }: Finding): string {
  switch (check) {
    case 'replication_slot':
      return `Start whoever reads the slot${object === undefined ? '' : ` ${name(object)}`}, or drop it if nobody does: it keeps WAL until the server's disk is full.`;
    case 'unreachable':
      return `Run sentinel health --source ${name(source)}: it says what is wrong and how to mend it.`;
    case 'database_gone':
      return 'Ask whether the database was meant to go, or restore it; then change the settings of this source.';
    default:
      return 'Ask whoever looks after the server whether that was meant.';
  }
}
