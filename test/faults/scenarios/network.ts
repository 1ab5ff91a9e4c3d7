import type { Scenario, Stage } from '../../support/faults/scenario.js';
import { PATIENT } from '../../support/faults/world.js';

const pass = ({ world }: Stage) => world.line.setMode({ kind: 'pass' });

/** No way through, and none of what was open is left. */
const away = async ({ world }: Stage) => {
  await world.line.setMode({ kind: 'refuse' });
  world.line.resetAll();
};

/** Between the program and the victim. */
export const networkFaults: readonly Scenario[] = [
  {
    name: 'a slow line',
    when: 'at the start',
    inject: ({ world }) => world.line.setMode({ kind: 'latency', ms: 20, jitterMs: 30 }),
    heal: pass,
    ends: 'complete',
  },
  {
    name: 'a narrow line',
    when: 'at the start',
    inject: ({ world }) => world.line.setMode({ kind: 'throttle', bytesPerSecond: 600_000 }),
    heal: pass,
    ends: 'complete',
  },
  {
    name: 'a line too narrow for the big table',
    when: 'at the start',
    inject: ({ world }) => world.line.setMode({ kind: 'throttle', bytesPerSecond: 60_000 }),
    heal: pass,
    ends: 'any',
  },
  ...(['while tables are listed', { tables: 2 }, 'in the middle of a row'] as const).map(
    (when): Scenario => ({
      name: 'every connection is reset',
      when,
      inject: ({ world }) => world.line.resetAll(),
      ends: 'complete',
      short: when === 'in the middle of a row',
    }),
  ),
  {
    name: 'the connection ends without a word',
    when: 'in the middle of a row',
    inject: ({ connection }) => connection!.end(),
    ends: 'complete',
  },
  {
    name: 'the connection is reset each time the big table is read',
    when: 'at the start',
    inject: ({ world }) => {
      void world.line.trap({ request: '"big"', answerBytes: 30_000, times: 1_000 }, (each) => each.reset());
    },
    ends: 'any',
  },
  ...(['while tables are listed', { tables: 2 }, 'in the middle of a row'] as const).map(
    (when): Scenario => ({
      name: 'nothing arrives for a second',
      when,
      inject: ({ world }) => void world.line.setMode({ kind: 'black hole' }),
      heal: pass,
      healAfterMs: 1_000,
      ends: 'complete',
    }),
  ),
  ...(['at the start', { tables: 2 }, 'in the middle of a row'] as const).map(
    (when): Scenario => ({
      name: 'nothing arrives any more',
      when,
      inject: ({ world }) => void world.line.setMode({ kind: 'black hole' }),
      heal: pass,
      sessionsStay: true,
      ends: when === 'at the start' ? 'incomplete' : 'any',
      ...(when === 'at the start' && { says: /CONNECT_TIMEOUT/ }),
      short: when === 'at the start',
    }),
  ),
  ...(['while tables are listed', { tables: 2 }, 'in the middle of a row'] as const).map(
    (when): Scenario => ({
      name: 'the server is gone and nobody tells',
      when,
      inject: ({ world }) => world.line.halfOpenAll('server'),
      ends: 'complete',
    }),
  ),
  {
    name: 'the server is not told that its client is cut off',
    when: 'in the middle of a row',
    inject: ({ connection }) => connection!.halfOpen('client'),
    ends: 'complete',
  },
  {
    name: 'connections are refused',
    when: 'at the start',
    inject: away,
    heal: pass,
    ends: 'incomplete',
    says: /nothing listens on 127\.0\.0\.1:\d+; check BATCH_DB_HOST/,
    short: true,
  },
  ...(['while tables are listed', { tables: 2 }, 'in the middle of a row'] as const).map(
    (when): Scenario => ({
      name: 'the line is down for a moment',
      when,
      inject: away,
      heal: pass,
      healAfterMs: 200,
      env: PATIENT,
      ends: 'complete',
    }),
  ),
  ...([{ tables: 2 }, 'in the middle of a row'] as const).map(
    (when): Scenario => ({
      name: 'the line goes down for good',
      when,
      inject: away,
      heal: pass,
      ends: 'any',
    }),
  ),
];
