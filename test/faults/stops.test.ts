import { beforeAll, test } from 'vitest';
import { tryOne } from '../support/faults/scenario.js';
import { WHOLE } from '../support/faults/tally.js';
import { faultWorld, START_MS, type World } from '../support/faults/world.js';
import { stopAtRandom } from './scenarios/process.js';

const SEEDS = WHOLE ? 200 : 10;

let world: World;
beforeAll(async () => {
  world = await faultWorld();
}, START_MS);

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))('kill -9, SIGTERM or SIGINT: seed %d', (seed) =>
  tryOne(world, stopAtRandom(seed, world)),
);
