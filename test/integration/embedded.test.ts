import { type ChildProcess, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { processIdentity } from '#src/adapters/embedded/process-identity.js';
import { type EmbeddedServer, freePort, runningServer, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { holdServer, release } from '../support/held-server.js';

let folder: string;
let dataDir: string;

beforeEach(() => {
  folder = mkdtempSync('/var/tmp/sentinel-embedded-');
  execFileSync('chmod', ['755', folder]);
  dataDir = join(folder, 'with a space', 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const start = (more: { port?: number; parameters?: Record<string, string> } = {}) =>
  startEmbeddedServer({ dataDir, user: 'owner', password: "pass'word", ...more });

async function query(server: EmbeddedServer, sql: string): Promise<unknown[]> {
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database: 'postgres' });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function gone(pid: number): Promise<void> {
  while (processIdentity(pid) !== null) await sleep(20);
}

const killed = (child: ChildProcess, signal: NodeJS.Signals) =>
  new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });

describe('a server', () => {
  test('is real, takes settings, keeps its data over a restart, and leaves nothing behind', async () => {
    const first = await start({ parameters: { wal_level: 'logical' } });
    expect(await query(first, 'SHOW wal_level')).toEqual([{ wal_level: 'logical' }]);
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS n');
    expect(runningServer(dataDir)).toEqual({ pid: first.pid, port: first.port, owned: true });
    await first.stop();
    await first.stop();
    expect(runningServer(dataDir)).toBeNull();
    expect(processIdentity(first.pid)).toBeNull();
    const second = await start();
    expect(await query(second, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
    await second.stop();
    expect(readdirSync(join(folder, 'with a space'))).toEqual(['data']);
  });

  test('that was killed comes back at once', async () => {
    const first = await start();
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop('kill');
    const second = await start({ port: first.port });
    expect(await query(second, 'SELECT n FROM kept')).toEqual([{ n: 42 }]);
    await second.stop('immediate');
  });

  test('says which port is taken', async () => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    await expect(start({ port })).rejects.toThrow(`port ${port} on 127.0.0.1 is taken`);
    other.close();
    await once(other, 'close');
    const server = await start({ port });
    expect(server.port).toBe(port);
    await server.stop();
  });

  test('rejects in its own words where a setting is wrong', async () => {
    await expect(start({ parameters: { shared_buffers: 'plenty' } })).rejects.toThrow(/shared_buffers/);
    expect(runningServer(dataDir)).toBeNull();
  });
});

describe('a data folder', () => {
  test('with other files in it is left alone', async () => {
    dataDir = join(folder, 'notes');
    execFileSync('mkdir', [dataDir]);
    writeFileSync(join(dataDir, 'letter.txt'), 'dear');
    await expect(start()).rejects.toThrow('is not empty and holds no Postgres data');
    expect(readFileSync(join(dataDir, 'letter.txt'), 'utf8')).toBe('dear');
  });

  test("whose postmaster.pid names somebody else's process is started on", async () => {
    await (await start()).stop();
    for (const pid of [process.pid, 1, 2 ** 22 + 1]) {
      writeFileSync(join(dataDir, 'postmaster.pid'), `${pid}\n${dataDir}\n1\n5432\n\n127.0.0.1\n1 1\nready\n`);
      expect(runningServer(dataDir)).toBeNull();
      const server = await start();
      expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await server.stop();
    }
  });

  test('in use by a living process is refused, and its server is left alone', async () => {
    const held = await holdServer(dataDir);
    await expect(start()).rejects.toThrow(`process ${held.pid}, port ${held.port}`);
    expect(processIdentity(held.pid)).not.toBeNull();
    await release(held);
    expect(processIdentity(held.pid)).toBeNull();
  });

  test('with a server left running is taken over', async () => {
    const held = await holdServer(dataDir);
    const guard = guardOf(held.pid);
    process.kill(guard, 'SIGKILL');
    await gone(guard);
    await killed(held.holder, 'SIGKILL');
    expect(runningServer(dataDir)).toEqual({ pid: held.pid, port: held.port, owned: false });
    const server = await startEmbeddedServer({ dataDir, user: 'owner', password: 'secret' });
    expect(processIdentity(held.pid)).toBeNull();
    expect(await query(server, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.stop();
  });
});

test.each(['SIGINT', 'SIGTERM', 'SIGKILL', 'SIGSEGV'] as const)(
  'a server ends with its process: %s',
  async (signal) => {
    const held = await holdServer(dataDir);
    await killed(held.holder, signal);
    await gone(held.pid);
    expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false);
  },
);

/** The shell that waits for the holder's end. */
function guardOf(server: number): number {
  const line = execFileSync('ps', ['-ax', '-o', 'pid=,command='], { encoding: 'utf8' })
    .split('\n')
    .find((text) => text.includes('read -r _') && text.endsWith(` ${server}`));
  if (!line) throw new Error(`no guard for ${server}`);
  return Number.parseInt(line, 10);
}
