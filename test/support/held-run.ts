import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { RunningCli } from './cli.js';
import { tableNames } from './program.js';
import type { TestDatabase } from './postgres.js';

/** Stops runs at a table, so that something can be done to them in their middle. */
export interface TableGate {
  /** Lock a table: a reader waits for it, with LOCK_TIMEOUT long enough. */
  close(table: string): Promise<void>;
  open(): Promise<void>;
  /** Resolves when a reader waits at the gate and has acknowledged `tables` tables on stdout. */
  reached(running: RunningCli, tables: number): Promise<void>;
}

/** `database` is the source; two connections of its own. */
export async function tableGate(database: TestDatabase): Promise<TableGate> {
  const [locker, watcher] = [await database.client(), await database.client()];
  const waits = async () =>
    (
      await watcher.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sentinel/%'
         AND wait_event_type = 'Lock'`,
      )
    ).rowCount !== 0;
  return {
    async close(table) {
      await locker.query(`BEGIN; LOCK TABLE ${pg.escapeIdentifier(table)} IN ACCESS EXCLUSIVE MODE`);
    },
    open: async () => void (await locker.query('ROLLBACK')),
    async reached(running, tables) {
      while (!(await waits()) || tableNames(running.said().stdout).length < tables) {
        if (running.child.exitCode !== null) throw new Error(`it ended before: ${JSON.stringify(running.said())}`);
        await sleep(10);
      }
    },
  };
}
