import type { Scenario, Stage, When } from '../../support/faults/scenario.js';
import { PATIENT } from '../../support/faults/world.js';

const EARLY = { tables: 2 } as const;
const DURING: readonly When[] = [EARLY, { tables: 20 }, 'while judging'];

const pass = ({ world }: Stage) => world.storeLine.setMode({ kind: 'pass' });

const away = async ({ world }: Stage) => {
  await world.storeLine.setMode({ kind: 'refuse' });
  world.storeLine.resetAll();
};

const WRITER = `FROM pg_stat_activity WHERE application_name LIKE 'sentinel/%/writer'`;

/** What happens to the store. */
export const storeFaults: readonly Scenario[] = [
  {
    name: 'the store is away',
    when: 'at the start',
    inject: away,
    heal: pass,
    ends: 'refused',
    says: /metadata store .* METADATA_DB_/,
    short: true,
  },
  {
    name: "the store's name is not known",
    when: 'at the start',
    inject: () => {},
    env: { METADATA_DB_HOST: 'nowhere.invalid' },
    ends: 'refused',
    says: /"nowhere\.invalid"/,
  },
  {
    name: 'the password of the store was changed',
    when: 'at the start',
    inject: () => {},
    env: { METADATA_DB_PASSWORD: 'rotated' },
    ends: 'refused',
    says: /refused the password .* METADATA_DB_PASSWORD/,
  },
  ...DURING.flatMap((when): Scenario[] => [
    {
      name: 'connections to the store are reset',
      when,
      inject: ({ world }) => world.storeLine.resetAll(),
      ends: 'complete',
    },
    {
      name: 'the store is away for a moment',
      when,
      inject: away,
      heal: pass,
      healAfterMs: 250,
      env: PATIENT,
      ends: 'complete',
    },
    {
      name: 'the store goes away for good',
      when,
      inject: away,
      heal: pass,
      ends: 'store lost',
      short: when === EARLY,
    },
    {
      name: "the store's server ends (kill) and is started again",
      when,
      inject: ({ world }) => world.store.restart('kill'),
      env: PATIENT,
      ends: 'complete',
      short: when === 'while judging',
    },
    {
      name: "the store's server is shut down",
      when,
      inject: ({ world }) => world.store.stop('fast'),
      heal: ({ world }) => world.store.start(),
      ends: 'store lost',
    },
    {
      name: 'an administrator ends the session that writes',
      when,
      inject: ({ world }) => world.store.query(`SELECT pg_terminate_backend(pid) ${WRITER}`),
      ends: 'complete',
    },
    {
      name: 'nothing arrives from the store any more',
      when,
      inject: ({ world }) => void world.storeLine.setMode({ kind: 'black hole' }),
      heal: pass,
      ends: 'store lost',
    },
  ]),
  {
    name: 'the answer to a commit is lost',
    when: 'at the start',
    inject: ({ world }) => {
      void world.storeLine.trap({ request: 'COMMIT', answerBytes: 0, times: 6 }, (each) => each.reset());
    },
    env: PATIENT,
    ends: 'complete',
    short: true,
  },
  {
    name: 'a table of the store is locked for a second',
    when: { tables: 2 },
    inject: async ({ world }) => {
      const locker = await world.store.client('history', 'locker');
      await locker.query('BEGIN; LOCK TABLE sentinel.task IN ACCESS EXCLUSIVE MODE');
    },
    heal: ({ world }) => world.store.release('locker'),
    healAfterMs: 1_000,
    env: PATIENT,
    ends: 'complete',
  },
];

/** The store's tables are on a small disk, and something else fills it. */
export const diskFaults: readonly Scenario[] = DURING.map((when) => ({
  name: 'the disk of the store is full',
  when,
  inject: ({ world }) => world.disk!.fill(),
  heal: ({ world }) => world.disk!.empty(),
  // what fits into the pages that are there is still taken
  ends: 'store lost, perhaps',
  short: when === EARLY,
}));
