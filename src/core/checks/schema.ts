import type { Finding, Severity } from '../model/finding.js';
import type { TableHistory } from '../model/history.js';
import type { TableCheck } from './check.js';
import { ADDED, DROPPED, describeSchemaChange } from './describe-schema-change.js';
import { makeFinding } from './finding.js';
import { lastSeen, measured, tablePoints } from './past.js';
import { schemaChanges } from './schema-changes.js';
import { counted, tableName, time } from './sentence.js';

/** What changed in the shape of a table since the last judged run: tables, columns, types, nullability, primary key. */
export const schema: TableCheck = {
  name: 'schema',
  judge(history) {
    const { shape, previousShape } = history;
    if (previousShape === null) return shape === null ? [] : added(history, shape.columns.length);
    if (shape === null) return measured(history) ? [] : [gone(history, previousShape.columns.length)];
    return schemaChanges(previousShape, shape).map((change) => {
      const { severity, value, message, column } = describeSchemaChange(history, change);
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
