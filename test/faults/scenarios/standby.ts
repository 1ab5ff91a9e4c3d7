import type { Scenario, Stage } from '../../support/faults/scenario.js';
import { PATIENT } from '../../support/faults/world.js';

/** Rows that come and go on the primary: what the standby reads of the table is in the way of their removal. */
async function churn({ world }: Stage): Promise<void> {
  for (const sql of [
    `INSERT INTO big SELECT g, 'x' FROM generate_series(1, 500) AS g`,
    `DELETE FROM big WHERE payload = 'x'`,
  ])
    await world.origin.query(sql, [], 'shop');
  await world.origin.query('VACUUM big', [], 'shop');
}

/** The copies of the database are new for each fault, and so are its counts. */
async function cancelled({ world }: Stage): Promise<boolean> {
  const [counts] = await world.victim.query<{ cancelled: boolean }>(
    `SELECT confl_snapshot + confl_lock > 0 AS cancelled FROM pg_stat_database_conflicts WHERE datname = 'shop'`,
  );
  return counts!.cancelled;
}

let churning: Promise<void> = Promise.resolve();
let stop = () => {};

/** The victim is a hot standby without feedback: it cancels reads to follow its primary. */
export const standbyFaults: readonly Scenario[] = [
  ...([{ tables: 1 }, 'in the middle of a row'] as const).map(
    (when): Scenario => ({
      name: 'a read is cancelled for changes of the primary',
      when,
      inject: churn,
      happened: cancelled,
      env: PATIENT,
      ends: 'complete',
    }),
  ),
  {
    name: 'reads are cancelled again and again',
    when: 'at the start',
    inject: (stage) => {
      let over = false;
      stop = () => (over = true);
      churning = (async () => {
        while (!over) await churn(stage);
      })();
      churning.catch(() => {}); // told when it heals
    },
    happened: cancelled,
    heal: () => {
      stop();
      return churning;
    },
    // the big table may have been read in between, with rows that were there for a moment
    changed: ['big'],
    ends: 'any',
  },
  {
    name: 'a table is dropped on the primary',
    when: 'in the middle of a row',
    inject: ({ world }) => world.origin.query('DROP TABLE big; DROP TABLE small_20', [], 'shop'),
    change: 'DROP TABLE big; DROP TABLE small_20',
    changed: ['big', 'small_20'],
    findings: ['schema small_20', 'schema big'],
    env: PATIENT,
    ends: 'complete',
  },
  {
    name: 'the standby is restarted',
    when: 'in the middle of a row',
    inject: ({ world }) => world.victim.restart('fast'),
    env: PATIENT,
    ends: 'complete',
  },
];
