import type pg from 'pg';
import type { ConnectionSettings, Guards } from '#src/contract/connection.js';
import type { DiscoverySettings } from '#src/contract/messages.js';
import type { Discovery } from '#src/coordinator/ports.js';
import { discoverTables } from './catalog.js';
import { type CategoryColumn, readCategories } from './catalog-categories.js';
import { connect } from './connect.js';
import { type MissingPrivileges, readMissingPrivileges } from './privileges.js';
import { readServerFacts, type ServerFacts } from './server-facts.js';
import { readStorePrivileges } from './store-privileges.js';
import { readOnly } from './transaction.js';

/** What one source says of itself to somebody who sees it for the first time. Plain data; nothing was counted for it. */
export interface SourceSurvey {
  readonly source: string;
  readonly discovery: Discovery;
  readonly server: ServerFacts;
  /** What the server's clock shows to this role where nobody asks for another zone, as the server writes it. */
  readonly timeZone: string;
  readonly categories: readonly CategoryColumn[];
  readonly privileges: MissingPrivileges;
  /** What the role lacks to keep the history there; null where it is kept elsewhere. */
  readonly storePrivileges: MissingPrivileges | null;
}

export interface SurveyOptions {
  readonly guards: Guards;
  readonly discovery: DiscoverySettings;
  /** Set where the history is to be kept in this source. */
  readonly storeSchema?: string;
}

/** Look at a source once, through a connection of its own: catalogs and statistics in one guarded READ ONLY transaction. */
export async function surveySource(
  connection: ConnectionSettings,
  { guards, discovery, storeSchema }: SurveyOptions,
): Promise<SourceSurvey> {
  const client = await connect(connection, guards, 'sentinel/init/main');
  try {
    return await readOnly(client, { ...guards, isolation: 'repeatable read' }, async () => {
      const server = await readServerFacts(client);
      const found = await discoverTables(client, { ...discovery, source: connection.name });
      const { user: role, database } = server;
      return {
        source: connection.name,
        discovery: found,
        server,
        timeZone: await readTimeZone(client),
        categories: await readCategories(client, [...new Set(found.tables.map(({ schema }) => schema))]),
        privileges: await readMissingPrivileges(client, role, discovery.excludeSchemas),
        storePrivileges:
          storeSchema === undefined ? null : await readStorePrivileges(client, { role, database }, storeSchema),
      };
    });
  } finally {
    await client.end();
  }
}

/** The transaction itself is in UTC; what it would be without us is what a session is reset to. */
async function readTimeZone(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ zone: string }>(
    `SELECT coalesce(reset_val, 'UTC') AS zone FROM pg_catalog.pg_settings WHERE name = 'TimeZone'`,
  );
  return rows[0]?.zone ?? 'UTC';
}
