import type { Scenario, Stage, When } from '../../support/faults/scenario.js';

const WHENS: readonly When[] = ['while tables are listed', { tables: 2 }, 'in the middle of a row'];

interface Change {
  readonly name: string;
  readonly sql: string;
  readonly changed: readonly string[];
  /** What the disturbed run may already find of it. */
  readonly findings?: readonly string[];
  /** Tried in the short form too, in the middle of a row. */
  readonly short?: boolean;
}

const CHANGES: readonly Change[] = [
  {
    name: 'tables are dropped',
    sql: 'DROP TABLE small_20; DROP TABLE big',
    changed: ['small_20', 'big'],
    findings: ['schema small_20', 'schema big'],
    short: true,
  },
  {
    name: 'tables are renamed',
    sql: 'ALTER TABLE small_20 RENAME TO small_moved; ALTER TABLE big RENAME TO bigger',
    changed: ['small_20', 'big'],
    findings: ['schema small_20', 'schema big', 'schema small_moved', 'schema bigger'],
  },
  {
    name: 'tables are truncated',
    sql: 'TRUNCATE small_20, big',
    changed: ['small_20', 'big'],
    findings: ['empty_table small_20', 'empty_table big'],
  },
  {
    name: 'columns are given another type',
    sql: 'ALTER TABLE small_20 ALTER id TYPE text; ALTER TABLE big ALTER id TYPE numeric',
    changed: ['small_20', 'big'],
    findings: ['schema small_20', 'schema big'],
  },
  {
    name: 'columns are dropped',
    sql: 'ALTER TABLE small_20 DROP COLUMN name; ALTER TABLE big DROP COLUMN payload',
    changed: ['small_20', 'big'],
    findings: ['schema small_20', 'schema big'],
  },
  {
    name: 'a table is dropped and another takes its name',
    sql: 'DROP TABLE small_20; CREATE TABLE small_20 (other timestamptz)',
    changed: ['small_20'],
    findings: ['schema small_20', 'empty_table small_20'],
  },
];

let changing: Promise<unknown> = Promise.resolve();

/** The change waits for whoever reads the table, so nobody may wait for the change before the reader can go on. */
function change({ world }: Stage, sql: string): void {
  changing = world.origin.query(sql, [], 'shop');
  changing.catch(() => {}); // told when it heals
}

/** Tables that change while they are read. */
export const tableFaults: readonly Scenario[] = CHANGES.flatMap(({ name, sql, changed, findings, short = false }) =>
  WHENS.map(
    (when): Scenario => ({
      name,
      when,
      inject: (stage) => change(stage, sql),
      heal: () => changing,
      change: sql,
      changed,
      ...(findings && { findings }),
      ends: 'complete',
      short: short && when === 'in the middle of a row',
    }),
  ),
);
