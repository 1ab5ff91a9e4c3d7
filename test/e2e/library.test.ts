import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { testServer } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';

const ROOT = join(import.meta.dirname, '..', '..');
const execute = promisify(execFile);

/** Runs a module in a folder that has the built package installed as `sentinel`, and nothing else of this project. */
async function inProject(code: string, env: Record<string, string>, dotenv = ''): Promise<string> {
  const folder = workFolder();
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'sentinel'), 'dir');
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'script.js'), code);
  writeFileSync(join(folder, '.env'), dotenv);
  const { stdout } = await execute(process.execPath, ['script.js'], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', ...env },
  });
  return stdout;
}

test('getDatabaseManager().healthCheck() of the built package tells of every source, by the settings found', async () => {
  const database = await (await testServer()).createDatabase();
  const dotenv = Object.entries(database.environment('BATCH_DB')).map(
    ([name, value]) => `${name}=${JSON.stringify(value)}\n`,
  );
  const stdout = await inProject(
    `import { getDatabaseManager } from 'sentinel';
     const report = await getDatabaseManager().healthCheck();
     console.log(JSON.stringify(report));`,
    { CDC_DB_PORT: '1' },
    dotenv.join(''),
  );
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({
    status: 'down',
    sources: [
      {
        source: 'batch',
        status: 'ok',
        reachable: true,
        authenticated: true,
        database: database.name,
        readOnlyGuards: true,
      },
      { source: 'cdc', status: 'down', reachable: false, failure: { code: 'ECONNREFUSED', retryable: true } },
      { source: 'metadata', status: 'ok', database: database.name, privileges: { grants: [] } },
    ],
    logs: { status: 'ok', writable: true },
  });
  expect(stdout).not.toContain(database.connection.password);
});

test('settings that are wrong are a ConfigError with every problem', async () => {
  const stdout = await inProject(
    `import { ConfigError, getDatabaseManager } from 'sentinel';
     try { getDatabaseManager(); } catch (error) {
       console.log(error instanceof ConfigError, error.problems.map(({ setting }) => setting).join());
     }`,
    { BATCH_DB_PORT: 'x', LOG_LEVEL: 'loud' },
  );
  expect(stdout).toBe('true LOG_LEVEL,BATCH_DB_PORT\n');
});

test('given settings, it looks at those, and refuses to after end()', async () => {
  const database = await (await testServer()).createDatabase();
  const stdout = await inProject(
    `import { getDatabaseManager, loadConfig } from 'sentinel';
     const { sources, guards } = loadConfig({ cwd: process.cwd(), env: process.env });
     const manager = getDatabaseManager({ sources: sources.slice(0, 1), guards });
     const { status, sources: [only, ...others] } = await manager.healthCheck();
     await manager.end();
     console.log(status, only.source, others.length, await manager.healthCheck().catch((error) => error.message));`,
    settings({ batch: database, cdc: database }),
  );
  expect(stdout).toBe('ok batch 0 the database manager is closed; call getDatabaseManager() again\n');
});
