import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { loadDump } from './dump.js';
import { loadGeneratedShop } from './generated-shop.js';

/** Path of a file below `../shared/data`, e.g. `databases/world.sql`; null where it is not there. */
export function sharedData(name: string): string | null {
  const path = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', name);
  return existsSync(path) ? path : null;
}

/** Loads the Chinook music shop (11 tables), or a generated shop of the same shape where it is not there, and says so. */
export async function loadShop(client: pg.Client): Promise<'chinook' | 'generated'> {
  const file = sharedData('databases/chinook.sql');
  if (file) {
    await loadDump(client, file);
    return 'chinook';
  }
  console.info('../shared/data/databases/chinook.sql is not there: a generated shop of the same shape is used');
  await loadGeneratedShop(client);
  return 'generated';
}
