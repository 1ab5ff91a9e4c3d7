import type { TestDatabase, TestServer } from './postgres.js';

/** What one test file has opened and not closed itself; `setup-file.ts` closes it. */
export const opened = {
  databases: new Set<TestDatabase>(),
  servers: new Set<TestServer>(),
};
