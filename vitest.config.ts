import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const support = (file: string) => join(import.meta.dirname, 'test', 'support', file);

const SOURCES = ['@sentinel/source', 'node', 'development|production'];

/** Tests that take a Postgres from `test/support/postgres.ts`: one server per run, a database per file. */
const ON_POSTGRES = { globalSetup: [support('global-setup.ts')], setupFiles: [support('setup-file.ts')] };

/**
 * Tests run the TypeScript sources: the `@sentinel/source` condition maps `#src/*` and `#workers/*` to `.ts` files, and
 * tsx in execArgv lets Piscina's threads and child processes load them too.
 */
export default defineConfig({
  ssr: { resolve: { conditions: SOURCES } },
  environments: { __vitest__: { resolve: { conditions: SOURCES } } }, // where vitest runs globalSetup
  test: {
    pool: 'forks',
    execArgv: ['--import', 'tsx', '--conditions', '@sentinel/source'],
    maxWorkers: 2,
    // a limit for what hangs, not for what is slow
    testTimeout: 300_000,
    hookTimeout: 300_000,
    coverage: { provider: 'v8', include: ['src/**'] },
    projects: [
      ...['unit', 'laws'].map((name) => ({
        extends: true as const,
        test: { name, include: [`test/${name}/**/*.test.ts`] },
      })),
      ...['conformance', 'integration', 'e2e'].map((name) => ({
        extends: true as const,
        test: { name, include: [`test/${name}/**/*.test.ts`], ...ON_POSTGRES },
      })),
      {
        extends: true as const,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          globalSetup: [support('faults/global-setup.ts')],
        },
      },
    ],
  },
});
