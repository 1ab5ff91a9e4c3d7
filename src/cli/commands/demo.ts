import { runDemo } from '#src/demo/run-demo.js';
import { executeRun } from '../execute-run.js';
import { type Io, writeLine } from '../io.js';

/** Start two embedded databases, fill them, and run on them as `run` would on real ones. */
export async function demoCommand(options: { seed: number; json?: boolean }, io: Io): Promise<number> {
  const code = await runDemo({
    cwd: io.cwd,
    seed: options.seed,
    now: new Date(),
    say: (line) => writeLine(io.stderr, line),
    run: (environment) =>
      executeRun(
        'run',
        { failOn: 'never', ...(options.json && { json: true }) },
        { ...io, env: { ...io.env, ...environment } },
      ),
  });
  writeLine(
    io.stderr,
    'The servers are stopped. Their data and the history are kept: the next demo compares with this run.',
  );
  return code;
}
