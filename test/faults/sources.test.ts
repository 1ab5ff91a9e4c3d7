import { beforeAll, describe } from 'vitest';
import { tryScenarios } from '../support/faults/scenario.js';
import { faultWorld, START_MS, type World } from '../support/faults/world.js';
import { loginFaults } from './scenarios/login.js';
import { networkFaults } from './scenarios/network.js';
import { serverFaults } from './scenarios/server.js';
import { tableFaults } from './scenarios/tables.js';

let world: World;
beforeAll(async () => {
  world = await faultWorld();
}, START_MS);

describe('the network', () => tryScenarios(() => world, networkFaults));
describe('the server', () => tryScenarios(() => world, serverFaults));
describe('the login', () => tryScenarios(() => world, loginFaults));
describe('the tables', () => tryScenarios(() => world, tableFaults));
