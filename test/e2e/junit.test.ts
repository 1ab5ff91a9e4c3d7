import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DOMParser, type Element } from '@xmldom/xmldom';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { runCli } from '../support/cli.js';
import { ownServer, type TestServer } from '../support/postgres.js';
import { settings, workFolder } from '../support/program.js';

const HOSTILE = 'a "quoted" <b>&amp;\n\u0001 ]]> 🐘';

let server: TestServer;
beforeAll(async () => {
  server = await ownServer();
});

/** A strict parser's view: every case as `class/name`, with what is inside. */
function casesOf(xml: string): Record<string, string[]> {
  const onError = (level: string, message: string) => {
    if (level !== 'warning') throw new Error(`${level}: ${message}`); // it warns of U+FFFD
  };
  const document = new DOMParser({ onError }).parseFromString(xml, 'text/xml');
  const cases = [...document.getElementsByTagName('testcase')].map((element) => {
    const inside = [...element.childNodes].flatMap((node) => {
      if (node.nodeType !== node.ELEMENT_NODE) return [];
      const child = node as unknown as Element;
      return [`${child.nodeName} ${child.getAttribute('type') ?? ''}`.trim()];
    });
    return [`${element.getAttribute('classname')}/${element.getAttribute('name')}`, inside] as const;
  });
  return Object.fromEntries(cases);
}

async function openShop() {
  const database = await server.createDatabase();
  const client = await database.client();
  await client.query(`
    CREATE TABLE orders AS SELECT i AS id, 'user' || i AS email FROM generate_series(1, 2000) AS i;
    CREATE TABLE ${pg.escapeIdentifier(HOSTILE)} AS SELECT i AS id FROM generate_series(1, 500) AS i`);
  const cwd = workFolder();
  const file = join(cwd, 'sentinel.xml');
  const env = settings({ batch: database });
  const run = async (args: readonly string[] = [], changes: Readonly<Record<string, string>> = {}) => {
    const { code } = await runCli(['run', '--quiet', '--junit', file, ...args], { cwd, env: { ...env, ...changes } });
    return { code, cases: existsSync(file) ? casesOf(readFileSync(file, 'utf8')) : null };
  };
  return { client, database, cwd, file, env, run };
}

test('--junit has a case for each table, failed as --fail-on and the incidents say', async () => {
  const { client, cwd, env, file, run } = await openShop();
  const hostile = `batch.public/${HOSTILE.replace('\u0001', '\u{fffd}')}`;
  expect(await run()).toEqual({ code: 0, cases: { 'batch.public/orders': [], [hostile]: [] } });

  await client.query(`TRUNCATE orders; ALTER TABLE ${pg.escapeIdentifier(HOSTILE)} ADD more int`);
  const empty = await run(['--fail-on', 'info']);
  expect(empty.code).toBe(1);
  expect(empty.cases!['batch.public/orders']).toEqual(['failure empty_table']);
  expect(empty.cases![hostile]).toEqual(['failure schema']);
  expect(readFileSync(file, 'utf8')).toContain('INC-1');

  const never = await run(['--fail-on', 'never']);
  expect(never.code).toBe(0);
  expect(never.cases!['batch.public/orders']).toEqual(['system-out']);

  await runCli(['incidents', 'mute', 'INC-1', '--until', '2099-01-01', '--reason', 'known'], { cwd, env });
  const muted = await run();
  expect([muted.code, muted.cases!['batch.public/orders']]).toEqual([0, ['system-out']]);
  expect(readdirSync(cwd).filter((name) => name.includes('.sentinel-'))).toEqual([]);
});

test('what cannot be read is an error, and a run that ends early replaces the file of the last', async () => {
  const { database, run } = await openShop();
  await run();
  const lock = await database.client();
  await lock.query('BEGIN; LOCK TABLE orders');
  const locked = await run([], { LOCK_TIMEOUT: '0.2', ...database.environment('METADATA_DB') });
  expect(locked.code).toBe(2);
  expect(locked.cases!['batch.public/orders']).toEqual(['error 55P03']);
  await lock.query('ROLLBACK');
  const elsewhere = { BATCH_DB_NAME: 'nowhere', ...database.environment('METADATA_DB') };
  expect(await run([], elsewhere)).toEqual({ code: 2, cases: { 'batch/batch': ['error 3D000', 'system-out'] } });
  const away = await run([], { BATCH_DB_PORT: '1' });
  expect(away).toEqual({ code: 3, cases: { 'sentinel/run': ['error ended_early'] } });
});

test('a file that cannot be written is said before anything is connected to', async () => {
  const { cwd, env } = await openShop();
  const args = ['run', '--junit', join(cwd, 'no', 'such', 'folder.xml')];
  const { code, stderr } = await runCli(args, { cwd, env });
  expect(code).toBe(3);
  expect(stderr).toContain('--junit');
  expect(stderr).toContain('its folder does not exist');
});
