import { beforeAll, test } from 'vitest';
import { tryScenarios } from '../support/faults/scenario.js';
import { WHOLE } from '../support/faults/tally.js';
import { faultWorld, START_MS, type World } from '../support/faults/world.js';
import { standbyFaults } from './scenarios/standby.js';

let world: World;
beforeAll(async () => {
  world = await faultWorld({ victimIsStandby: true });
}, START_MS);

if (WHOLE) tryScenarios(() => world, standbyFaults);
else test.skip('a standby is tried by npm run test:faults; here it is in test/integration/standby.test.ts');
