import { join } from 'node:path';
import { LAST_DAY, morningAfter } from './calendar.js';
import { type Planted, plantAll } from './plants/index.js';
import { prepareWarehouses } from './prepare.js';
import { startDemoServers } from './servers.js';

export interface DemoOptions<T> {
  /** Data is kept below it, in `.sentinel/demo`: a second demo repeats the last run of the first. */
  readonly cwd: string;
  /** The same seed gives the same data, with the incidents at the same places. */
  readonly seed: number;
  /** Names of the incidents to plant. */
  readonly plants: readonly string[];
  /** A real run on the settings that name both warehouses: the one that history begins with. */
  readonly prepare: (look: Look) => Promise<void>;
  /** The run that is judged; its result is the demo's. */
  readonly run: (look: Look, planted: readonly Planted[]) => Promise<T>;
  readonly say: (line: string) => void;
}

export interface Look {
  readonly environment: Readonly<Record<string, string>>;
  readonly asOf: Date;
  /** A folder of the demo's own. */
  readonly folder: string;
}

/** The body of the `demo` command: two real servers with data and a history, one run on them, and the servers stopped however it ends. */
export async function runDemo<T>({ cwd, seed, plants, prepare, run, say }: DemoOptions<T>): Promise<T> {
  const folder = join(cwd, '.sentinel', 'demo');
  const planted = plantAll(plants, seed);
  const servers = await startDemoServers({ folder, say });
  try {
    const look = (asOf: Date) => ({ environment: servers.environment, asOf, folder });
    await prepareWarehouses(servers, { seed, planted, say, look: (asOf) => prepare(look(asOf)) });
    return await run(look(morningAfter(LAST_DAY)), planted);
  } finally {
    await servers.stop();
  }
}
