import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { RunningCli } from './cli.js';
import type { TestDatabase } from './postgres.js';
import { tableNames } from './program.js';

/** Stops the readers of a run at tables, so that something can be done to it in its middle. */
export interface TableGate {
  /** Lock tables: each reader of one waits, with LOCK_TIMEOUT long enough. */
  close(...tables: readonly string[]): Promise<void>;
  /** Let the readers of one table go on; of all, where none is named. */
  open(table?: string): Promise<void>;
  /** Resolves when a reader waits at each closed table, and `tables` tables are acknowledged on stdout. */
  reached(running: RunningCli, tables: number): Promise<void>;
}

/** `database` is the source. */
export async function tableGate(database: TestDatabase): Promise<TableGate> {
  const watcher = await database.client();
  const lockers = new Map<string, pg.Client>();
  const waiting = async () =>
    (
      await watcher.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sentinel/%'
         AND wait_event_type = 'Lock'`,
      )
    ).rowCount ?? 0;
  return {
    async close(...tables) {
      for (const table of tables) {
        const locker = await database.client();
        await locker.query(`BEGIN; LOCK TABLE ${pg.escapeIdentifier(table)} IN ACCESS EXCLUSIVE MODE`);
        lockers.set(table, locker);
      }
    },
    async open(table) {
      for (const [name, locker] of [...lockers])
        if (table === undefined || name === table) {
          lockers.delete(name);
          await locker.end();
        }
    },
    async reached(running, tables) {
      while ((await waiting()) < lockers.size || tableNames(running.said().stdout).length < tables) {
        if (running.child.exitCode !== null) throw new Error(`it ended before: ${JSON.stringify(running.said())}`);
        await sleep(10);
      }
    },
  };
}
