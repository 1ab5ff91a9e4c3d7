import { beforeAll } from 'vitest';
import { tryScenarios } from '../support/faults/scenario.js';
import { faultWorld, START_MS, type World } from '../support/faults/world.js';
import { standbyFaults } from './scenarios/standby.js';

let world: World;
beforeAll(async () => {
  world = await faultWorld({ victimIsStandby: true });
}, START_MS);

tryScenarios(() => world, standbyFaults);
