import type { CliResult } from '../cli.js';
import { type Line, linesOf } from '../program.js';
import { BIG_ROWS, CALM_TABLES, VICTIM_TABLES } from './world.js';

export interface Reason {
  readonly code: string;
  readonly message: string;
}

/** What a run has told on stdout, beside what there is to tell. */
export interface Said {
  readonly text: string;
  readonly tables: readonly Line[];
  /** Sources that failed as a whole. */
  readonly sources: readonly Line[];
  readonly summary: Line | undefined;
  /** Each as `check table`. */
  readonly findings: readonly string[];
  /** Of every source and table that has no figures. */
  readonly reasons: readonly Reason[];
  readonly fates: readonly Fate[];
}

/** One table that exists, or did before the fault. */
export interface Fate {
  readonly source: string;
  readonly table: string;
  readonly rows: number;
  /** Its line; none where its source failed, the run was stopped, or another process of the run has told it. */
  readonly line: Line | undefined;
}

/** A line that was cut short by the end of the process is left out where `mayBeCut`. */
export function said({ stdout }: CliResult, mayBeCut: boolean): Said {
  const text = mayBeCut ? stdout.slice(0, stdout.lastIndexOf('\n') + 1) : stdout;
  const tables = linesOf(text, 'table');
  const sources = linesOf(text, 'source');
  const unread = [...sources, ...tables.filter(({ status }) => status !== 'ok')];
  const fate = (source: string, small: number): Fate[] =>
    expectedRows(small).map(([table, rows]) => ({
      source,
      table,
      rows,
      line: tables.find((line) => line.source === source && line.table === table),
    }));
  return {
    text,
    tables,
    sources,
    summary: linesOf(text, 'summary')[0],
    findings: linesOf(text, 'finding').map(({ check, table }) => `${check} ${table}`),
    reasons: unread.map(({ failure }) => (failure ?? { code: '', message: '' }) as Reason),
    fates: [...fate('batch', VICTIM_TABLES), ...fate('cdc', CALM_TABLES)],
  };
}

function expectedRows(small: number): (readonly [table: string, rows: number])[] {
  const names = Array.from({ length: small }, (_, index) => index + 1);
  return [
    ...names.map((i) => [`small_${String(i).padStart(2, '0')}`, 50 + i] as const),
    ['big', BIG_ROWS],
    ['sale', 2_000],
  ];
}
