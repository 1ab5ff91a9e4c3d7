import type { Scenario, Stage } from '../../support/faults/scenario.js';
import { PATIENT } from '../../support/faults/world.js';

/**
 * Rows get new versions of the same values on the primary, and the standby removes the old ones: any snapshot on it is in the way of
 * that, whatever it reads.
 */
async function churn({ world }: Stage): Promise<void> {
  await world.origin.query('UPDATE small_24 SET name = name', [], 'shop');
  await world.origin.query('VACUUM small_24', [], 'shop');
  await world.victim.follow(world.origin);
}

/** The removal of what a single change left may be over before the snapshot is taken. */
async function churnUntilCancelled(stage: Stage): Promise<void> {
  let over = false;
  void stage.running?.ended.then(() => (over = true));
  while (!over && !(await cancelled(stage))) await churn(stage);
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
  ...(['while tables are listed', 'in the middle of a row'] as const).map(
    (when): Scenario => ({
      name: 'a read is cancelled for changes of the primary',
      when,
      inject: churnUntilCancelled,
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
