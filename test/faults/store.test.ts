import { beforeAll, describe, test } from 'vitest';
import { tryScenarios } from '../support/faults/scenario.js';
import { faultWorld, START_MS, type World } from '../support/faults/world.js';
import { pauses, threadFaults } from './scenarios/process.js';
import { diskFaults, storeFaults } from './scenarios/store.js';

let world: World;
beforeAll(async () => {
  world = await faultWorld({ storeOnSmallDisk: true });
}, START_MS);

describe('the store', () => tryScenarios(() => world, storeFaults));
describe('its disk', () => {
  if (process.platform === 'linux' && process.getuid?.() === 0) tryScenarios(() => world, diskFaults);
  else test.skip('is not filled: a disk to fill takes root on Linux');
});
describe('the process', () => tryScenarios(() => world, [...threadFaults, ...pauses]));
