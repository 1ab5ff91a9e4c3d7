import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { freePort } from '#src/adapters/embedded/server.js';
import type { ConnectionSettings } from '#src/contract/connection.js';

export type PoolMode = 'transaction' | 'session';

/** Server connections of the pooler for each database and role, unless a test says otherwise. */
const POOL_SIZE = 8;

export function pgbouncerIsHere(): boolean {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

export interface Pooler {
  readonly port: number;
  readonly process: ChildProcess;
}

/** A PgBouncer before the server of `direct`, for its role; it ends with the test. `settings` are lines of its own. */
export async function startPgbouncer(
  direct: ConnectionSettings,
  mode: PoolMode,
  settings: Readonly<Record<string, string | number>> = {},
): Promise<Pooler> {
  const folder = mkdtempSync('/var/tmp/sentinel-pgbouncer-');
  chmodSync(folder, 0o755);
  const port = Number(settings.listen_port ?? (await freePort()));
  const users = join(folder, 'users');
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  writeFileSync(users, `${quoted(direct.user)} ${quoted(direct.password ?? '')}\n`);
  const lines = Object.entries({
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'scram-sha-256',
    auth_file: users,
    pool_mode: mode,
    default_pool_size: POOL_SIZE,
    ...settings,
  }).map(([name, value]) => `${name} = ${value}`);
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(config, `[databases]\n* = host=${direct.host} port=${direct.port}\n[pgbouncer]\n${lines.join('\n')}\n`);
  // It refuses to run as root.
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const child = spawn('pgbouncer', [config], { stdio: 'ignore', ...account });
  onTestFinished(() => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  await accepting({ ...direct, port });
  return { port, process: child };
}

async function accepting({ host, port, user, password, database }: ConnectionSettings): Promise<void> {
  for (;;) {
    const client = new pg.Client({ host, port, user, password: password ?? '', database });
    client.on('error', () => {});
    const connected = await client.connect().then(
      () => true,
      () => false,
    );
    await client.end().catch(() => {});
    if (connected) return;
    await sleep(10);
  }
}
