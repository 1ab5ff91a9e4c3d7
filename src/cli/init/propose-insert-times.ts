import { literalGlobPart } from '#src/config/table-glob.js';
import { type InsertTimeCandidate, rankInsertTimes } from '#src/core/checks/index.js';
import type { TableSpec } from '#src/core/model/relation.js';

/** The column by which a table's rows are dated, as a run chooses it. */
export interface InsertTimeProposal {
  readonly match: string;
  readonly column: string;
  readonly why: string;
  /** The next best, where the choice is doubtful and there is one. */
  readonly second?: string;
  readonly doubtful: boolean;
}

/** By table, the largest first; of tables that have no such column, null. */
export function proposeInsertTimes(tables: readonly TableSpec[]): (InsertTimeProposal | null)[] {
  return [...tables].sort((a, b) => b.bytes - a.bytes).map(proposeInsertTime);
}

function proposeInsertTime(table: TableSpec): InsertTimeProposal | null {
  const readable = { ...table, columns: table.columns.filter((column) => column.readable) };
  const [best, second] = rankInsertTimes(readable);
  if (best === undefined) return null;
  const doubtful = !best.sure || (second !== undefined && second.word === best.word);
  return {
    match: [table.source, table.schema, table.name].map(literalGlobPart).join('.'),
    column: best.column,
    why: reason(best),
    ...(doubtful && second !== undefined && { second: second.column }),
    doubtful,
  };
}

function reason({ word }: InsertTimeCandidate): string {
  return word === null ? 'never null, and the rows lie on disk in its order' : `its name says "${word}"`;
}
