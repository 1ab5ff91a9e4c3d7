import { factorOf, type Rhythm } from './calendar.js';
import { chance, normal } from './chance.js';

export type DemoSource = 'batch' | 'cdc';

/**
 * A table of the demo. Values are SQL in which `i` is the row's number (unique in the table), `d` the index of its day, `at` its
 * moment (timestamptz) and `day` its date; the functions of `sql-functions.ts` are there.
 */
export interface DemoTable {
  readonly source: DemoSource;
  readonly schema: string;
  readonly name: string;
  /** Rows at once, loaded with the history; or rows a day, by a rhythm. */
  readonly rows: number | { readonly perDay: number; readonly rhythm: Rhythm };
  /** Column, its type and constraints, its value. */
  readonly columns: readonly (readonly [name: string, type: string, value: string])[];
  /** Column of a range partition by month. */
  readonly partitionBy?: string;
  /** DDL after the table is there. */
  readonly more?: readonly string[];
}

/** A day's noise over all of it, beside that of the rows themselves. */
const DAY_NOISE = 0.025;
/** How different a table's size is from seed to seed. */
const SIZE_SPREAD = 0.15;

export function tableName({ schema, name }: Pick<DemoTable, 'schema' | 'name'>): string {
  return `${schema}.${name}`;
}

/** Rows of a table on one day; 0 for tables that are loaded at once. */
export function rowsOn({ source, schema, name, rows }: DemoTable, day: number, seed: number): number {
  if (typeof rows === 'number') return 0;
  const { perDay, rhythm } = rows;
  if (rhythm === 'exact') return perDay;
  const words = [source, schema, name] as const;
  const size = perDay * (1 + SIZE_SPREAD * (2 * chance(seed, 'size', ...words) - 1));
  const expected = size * factorOf(rhythm, day);
  if (expected === 0) return 0;
  const noise = Math.hypot(DAY_NOISE, 1 / Math.sqrt(expected));
  return Math.max(1, Math.round(expected * (1 + noise * normal(seed, 'day', day, ...words))));
}
