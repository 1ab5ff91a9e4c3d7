import { appendFileSync } from 'node:fs';
import { afterAll, inject, type RunnerTask } from 'vitest';
import { opened } from './opened-databases.js';

/** Runs before each test file that may use a database: after it, what it left open is closed, or kept if a test failed. */
// biome-ignore lint/correctness/noEmptyPattern: vitest reads the parameter's text and wants a pattern
afterAll(async ({}, suite) => {
  const failed = suite.tasks.some(hasFailed);
  for (const database of opened.databases) {
    if (!failed)
      await database.drop().catch(() => {}); // a test may have ended its server
    else appendFileSync(inject('keptDatabases'), `${database.name}\n`);
  }
  for (const server of opened.servers) await server.stop();
});

function hasFailed(task: RunnerTask): boolean {
  return task.result?.state === 'fail' || (task.type === 'suite' && task.tasks.some(hasFailed));
}
