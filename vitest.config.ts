import { defineConfig } from 'vitest/config';

/**
 * Tests run the TypeScript sources: the `@sentinel/source` condition maps `#src/*` and `#workers/*` to `.ts` files,
 * and tsx in execArgv lets Piscina's threads and child processes load them too.
 */
export default defineConfig({
  ssr: { resolve: { conditions: ['@sentinel/source'] } },
  test: {
    pool: 'forks',
    execArgv: ['--import', 'tsx', '--conditions', '@sentinel/source'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    globalSetup: [],
    projects: ['unit', 'laws', 'conformance', 'integration', 'e2e'].map((name) => ({
      extends: true as const,
      test: { name, include: [`test/${name}/**/*.test.ts`] },
    })),
  },
});
