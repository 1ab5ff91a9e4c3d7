import { setTimeout as sleep } from 'node:timers/promises';
import { chance } from '#src/demo/chance.js';
import { type Death, deadlyWorker } from '../../support/faults/deadly-worker.js';
import type { Scenario } from '../../support/faults/scenario.js';
import type { World } from '../../support/faults/world.js';

/** Threads that end while they read a table. */
export const threadFaults: readonly Scenario[] = (['out of memory', 'throws', 'exits'] as const).flatMap(
  (death: Death) => [
    ...(['small_07', 'big'] as const).map(
      (table): Scenario => ({
        name: `a thread ${death === 'out of memory' ? 'runs out of memory' : death} each time it reads ${table}`,
        when: 'at the start',
        inject: () => {},
        // a thread that runs out of memory takes its time, and a snapshot must not run out under it first
        env: ({ line: { port } }) => ({
          ...deadlyWorker({ death, port, table, times: Number.POSITIVE_INFINITY }),
          MAX_TRANSACTION_AGE: '60',
        }),
        ends: 'incomplete',
        says: new RegExp(`worker thread that read public\\.${table} ended`),
      }),
    ),
    {
      name: `a thread ${death === 'out of memory' ? 'runs out of memory' : death} once`,
      when: 'at the start',
      inject: () => {},
      env: ({ line: { port } }) => deadlyWorker({ death, port, table: 'small_07', times: 1 }),
      ends: 'any',
      short: death === 'exits',
    },
  ],
);

/** The whole program stands still. */
export const pauses: readonly Scenario[] = [{ tables: 2 }, 'in the middle of a row' as const].map((when) => ({
  name: 'the program is stopped for three seconds and goes on',
  when,
  inject: async ({ running }) => {
    running!.child.kill('SIGSTOP');
    await sleep(3_000);
    running!.child.kill('SIGCONT');
  },
  ends: 'any',
}));

const SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGINT'] as const;

/** A signal at an instant that the seed chooses, from before the program has loaded until after its end. */
export function stopAtRandom(seed: number, world: World): Scenario {
  const signal = SIGNALS[seed % SIGNALS.length]!;
  return {
    name: `seed ${seed}: ${signal}`,
    when: { afterMs: chance(seed, 'instant') * 1.1 * world.runMs },
    inject: ({ running }) => running!.child.kill(signal),
    // What a crash has left is taken up by itself; what was stopped, where it is asked for.
    nextArgs: signal !== 'SIGKILL' && chance(seed, 'resume') < 0.5 ? ['--resume'] : [],
    ends: 'stopped',
    signal,
  };
}
