import type { ConnectionSettings, Guards } from '#src/contract/connection.js';
import { SourceClient } from './source-client.js';

export { cancelQuery } from './cancel.js';

/**
 * One new connection outside any pool; the caller ends it. Rejects with SourceError, a Postgres DatabaseError or a
 * network error, at the latest after `guards.connectTimeoutMs`; `toFailure` turns each into a sentence.
 */
export async function connect(
  settings: ConnectionSettings,
  guards: Guards,
  applicationName: string,
): Promise<SourceClient> {
  const client = new SourceClient(settings, guards, applicationName);
  await client.connect();
  return client;
}
