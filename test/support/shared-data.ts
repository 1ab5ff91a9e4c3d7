import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { loadDump } from './dump.js';
import { loadGeneratedShop } from './generated-shop.js';
import { loadGeneratedTowns, loadGeneratedWorld } from './generated-world.js';

/** Path of a file below `../shared/data`, e.g. `databases/world.sql`; null where it is not there. */
export function sharedData(name: string): string | null {
  const path = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', name);
  return existsSync(path) ? path : null;
}

/** Loads the Chinook music shop (11 tables), or a generated shop of the same shape where it is not there, and says so. */
export async function loadShop(client: pg.Client): Promise<'chinook' | 'generated'> {
  return (await load(client, 'chinook', loadGeneratedShop)) ? 'chinook' : 'generated';
}

/** Loads `world` (3 tables, in a LATIN1 database too), or tables of the same shape, and says so. */
export async function loadWorld(client: pg.Client): Promise<'world' | 'generated'> {
  return (await load(client, 'world', loadGeneratedWorld)) ? 'world' : 'generated';
}

/** Loads `french-towns` (3 tables, 36,684 towns), or tables of the same shape, and says so. */
export async function loadTowns(client: pg.Client): Promise<'french-towns' | 'generated'> {
  return (await load(client, 'french-towns', loadGeneratedTowns)) ? 'french-towns' : 'generated';
}

async function load(client: pg.Client, name: string, generate: (client: pg.Client) => Promise<void>): Promise<boolean> {
  const file = sharedData(`databases/${name}.sql`);
  if (file) await loadDump(client, file);
  else {
    console.info(`../shared/data/databases/${name}.sql is not there: generated tables of the same shape are used`);
    await generate(client);
  }
  return file !== null;
}
