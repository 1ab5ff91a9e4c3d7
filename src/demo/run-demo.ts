import { startDemoServers } from './servers.js';

export interface DemoOptions<T> {
  /** Data and history are kept below it, in `.sentinel/demo`: a second demo goes on where the first ended. */
  readonly cwd: string;
  /** The same seed gives the same data; another one replaces it. */
  readonly seed: number;
  /** The clock: a first load ends at this time. */
  readonly now: Date;
  /** Called while both servers run, with the settings that name them; its result is the demo's. */
  readonly run: (environment: Readonly<Record<string, string>>) => Promise<T>;
  readonly say: (line: string) => void;
  /** Ends the start early. What runs later is ended by `run` itself. */
  readonly signal?: AbortSignal;
}

/** The body of the `demo` command: two real servers with data, one run on them, and the servers stopped however it ends. */
export async function runDemo<T>({ cwd, seed, now, run, say, signal }: DemoOptions<T>): Promise<T> {
  const servers = await startDemoServers({ cwd, seed, anchor: now.toISOString(), say, ...(signal && { signal }) });
  try {
    return await run(servers.environment);
  } finally {
    await servers.stop();
  }
}
