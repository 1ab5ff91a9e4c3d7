import { beforeAll } from 'vitest';
import { tryScenarios } from '../support/faults/scenario.js';
import { faultWorld, type World } from '../support/faults/world.js';
import { standbyFaults } from './scenarios/standby.js';

let world: World;
beforeAll(async () => {
  world = await faultWorld({ victimIsStandby: true });
});

tryScenarios(() => world, standbyFaults);
