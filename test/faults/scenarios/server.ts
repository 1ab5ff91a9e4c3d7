import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Scenario, Stage, When } from '../../support/faults/scenario.js';
import { PASSWORD, USER } from '../../support/faults/server.js';
import { PATIENT } from '../../support/faults/world.js';

const DURING: readonly When[] = ['while tables are listed', { tables: 2 }, 'in the middle of a row'];

const OURS = `FROM pg_stat_activity WHERE application_name LIKE 'sentinel/%' AND datname = 'shop'`;

/** Does it again and again until the time is over; the server may be down in between. */
async function storm(stage: Stage, what: string, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(15))
    await stage.world.victim.query(`SELECT ${what}(pid) ${OURS}`).catch(() => {});
}

const connections = new Set<pg.Client>();

/** Takes every connection that the server has to give, those for superusers too. */
async function takeAllConnections({ world }: Stage): Promise<void> {
  for (;;) {
    const { host, port } = world.victim;
    const client = new pg.Client({ host, port, user: USER, password: PASSWORD, database: 'postgres' });
    client.on('error', () => {});
    try {
      await client.connect();
    } catch {
      return;
    }
    connections.add(client);
  }
}

async function giveConnectionsBack(): Promise<void> {
  await Promise.all([...connections].map((client) => client.end()));
  connections.clear();
}

async function lock({ world }: Stage, table: string): Promise<void> {
  const locker = await world.victim.client('shop', 'locker');
  await locker.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
}

const unlock = ({ world }: Stage) => world.victim.release('locker');

/** What the victim's server does. */
export const serverFaults: readonly Scenario[] = [
  ...(['kill', 'immediate', 'fast'] as const).flatMap((mode) =>
    DURING.map(
      (when): Scenario => ({
        name: `the server ends (${mode}) and is started again`,
        when,
        inject: ({ world }) => world.victim.restart(mode),
        env: PATIENT,
        ends: 'complete',
        short: when === 'in the middle of a row' && mode === 'kill',
      }),
    ),
  ),
  ...DURING.map(
    (when): Scenario => ({
      name: 'the server is shut down for good',
      when,
      inject: ({ world }) => world.victim.stop('fast'),
      heal: ({ world }) => world.victim.start(),
      ends: when === 'while tables are listed' ? 'incomplete' : 'any',
      short: typeof when === 'object',
    }),
  ),
  {
    name: 'kill -9 of the server process that sends a row, upon which the server ends all and recovers',
    when: 'in the middle of a row',
    inject: async ({ world, connection }) => {
      const [backend] = await world.victim.query<{ pid: number }>(
        'SELECT pid FROM pg_stat_activity WHERE client_port = $1',
        [connection!.serverSidePort],
      );
      process.kill(backend!.pid, 'SIGKILL');
    },
    env: PATIENT,
    ends: 'complete',
    short: true,
  },
  ...DURING.map(
    (when): Scenario => ({
      name: 'an administrator ends all of our sessions for half a second',
      when,
      inject: (stage) => storm(stage, 'pg_terminate_backend', 500),
      env: PATIENT,
      ends: 'complete',
      short: when === 'in the middle of a row',
    }),
  ),
  {
    name: 'an administrator ends our sessions again and again',
    when: { tables: 1 },
    inject: (stage) => void storm(stage, 'pg_terminate_backend', 3_000),
    ends: 'any',
  },
  {
    name: 'an administrator cancels our statements again and again',
    when: { tables: 1 },
    inject: (stage) => void storm(stage, 'pg_cancel_backend', 1_000),
    ends: 'any',
  },
  {
    name: 'the server has no connection left',
    when: 'at the start',
    inject: takeAllConnections,
    heal: giveConnectionsBack,
    ends: 'incomplete',
    says: /has no connection left/,
    short: true,
  },
  {
    name: 'the server has no connection left for a moment',
    when: { tables: 2 },
    inject: takeAllConnections,
    heal: giveConnectionsBack,
    healAfterMs: 300,
    env: PATIENT,
    ends: 'complete',
  },
  ...(['small_07', 'big'] as const).flatMap((table): Scenario[] => [
    {
      name: `ACCESS EXCLUSIVE is held on ${table} all the time`,
      when: 'at the start',
      inject: (stage) => lock(stage, table),
      heal: unlock,
      ends: 'incomplete',
      says: /a lock on public\.\w+ was not free within LOCK_TIMEOUT/,
      short: table === 'big',
    },
    {
      name: `ACCESS EXCLUSIVE is held on ${table} for a moment`,
      when: 'at the start',
      inject: (stage) => lock(stage, table),
      heal: unlock,
      healAfterMs: 700,
      env: PATIENT,
      ends: 'complete',
    },
  ]),
];
