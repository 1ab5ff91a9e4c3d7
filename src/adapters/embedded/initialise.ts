import { spawn } from 'node:child_process';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { canEnter } from './account.js';
import type { EmbeddedBinaries } from './binaries.js';
import { programOptions } from './program.js';
import { SHARED_FOLDER } from './shared-copy.js';

export interface ClusterOptions {
  readonly dataDir: string;
  readonly user: string;
  readonly password: string;
  readonly initdbFlags?: readonly string[];
}

/**
 * Makes the data folder with initdb unless there is one. It is made beside its place and renamed when complete, because
 * initdb writes PG_VERSION first: a folder half made looks like a whole one.
 */
export async function initialiseDataDir(options: ClusterOptions, binaries: EmbeddedBinaries): Promise<void> {
  const { dataDir } = options;
  const { account } = binaries;
  const owner = account?.uid ?? process.getuid?.();
  const found = contentOf(dataDir);
  if (found === 'other files')
    throw new Error(`${dataDir} is not empty and holds no Postgres data; name another folder, or empty this one`);
  if (found === 'closed' || (found === 'data' && owner !== undefined && statSync(dataDir).uid !== owner))
    throw new Error(
      `${dataDir} belongs to another account, which alone can run a server on it; run as that account, or name another folder`,
    );
  if (found === 'data') return;
  mkdirSync(dirname(dataDir), { recursive: true });
  if (account && !canEnter(dirname(dataDir), account))
    throw new Error(
      `the account ${account.name}, which runs Postgres, cannot enter ${dirname(dataDir)}; keep the data in ${SHARED_FOLDER}, or open the folders above`,
    );
  const staging = mkdtempSync(`${dataDir}.initdb-`);
  const secrets = mkdtempSync(join(account ? SHARED_FOLDER : tmpdir(), '.sentinel-initdb-'));
  const passwordFile = join(secrets, 'password');
  const remove = () => {
    rmSync(staging, { recursive: true, force: true });
    rmSync(secrets, { recursive: true, force: true });
  };
  process.once('exit', remove);
  try {
    writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 });
    if (account)
      // the folder last: from then on its files could be exchanged by another program of that account
      for (const path of [staging, passwordFile, secrets]) chownSync(path, account.uid, account.gid);
    await initdb(staging, passwordFile, options, binaries);
    try {
      renameSync(staging, dataDir);
    } catch (error) {
      // another process made it meanwhile
      if (!existsSync(join(dataDir, 'PG_VERSION'))) throw error;
    }
  } finally {
    process.removeListener('exit', remove);
    remove();
  }
}

function contentOf(dataDir: string): 'nothing' | 'data' | 'other files' | 'closed' {
  try {
    const names = readdirSync(dataDir);
    if (names.includes('PG_VERSION')) return 'data';
    return names.length === 0 ? 'nothing' : 'other files';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return 'nothing';
    if (code === 'EACCES') return 'closed';
    throw error;
  }
}

async function initdb(
  dataDir: string,
  passwordFile: string,
  options: ClusterOptions,
  binaries: EmbeddedBinaries,
): Promise<void> {
  const args = [
    `--pgdata=${dataDir}`,
    `--username=${options.user}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    ...(options.initdbFlags ?? []),
  ];
  const program = join(binaries.home, 'bin', 'initdb');
  const child = spawn(program, args, { ...programOptions(binaries), stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  try {
    const { code, output } = await new Promise<{ code: number | null; output: string }>((resolve, reject) => {
      let output = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
      child.once('error', (error) => reject(new Error(`${program} cannot be run: ${error.message}`)));
      child.once('close', (code) => resolve({ code, output }));
    });
    if (code !== 0) throw new Error(`initdb failed in ${dataDir}: ${output.trim()}`);
  } finally {
    process.removeListener('exit', kill);
  }
}
