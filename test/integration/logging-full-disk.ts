import { createLogSystem } from '#src/adapters/logging/log-system.js';

/** Process of `logging.test.ts` that may write 64 KiB to a file, after which writing fails as on a full disk. */
const dir = process.argv[2]!;
const logs = createLogSystem(
  { dir, maxBytes: 10 * 2 ** 20, backupCount: 5, level: 'info', componentLevels: {}, format: 'auto' },
  { console: process.stderr, quiet: false },
);
for (let round = 0; round < 20; round++) {
  for (let line = 0; line < 100; line++) logs.logger('profiler').info({ line }, 'x'.repeat(100));
  await new Promise((resolve) => setTimeout(resolve, 5));
}
await logs.close();
process.stdout.write('the run goes on');
