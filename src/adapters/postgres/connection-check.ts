import type pg from 'pg';
import { serverVersion } from './client-state.js';

/** While a statement runs the server looks this often whether its client is still there. */
export const CONNECTION_CHECK_MS = 2_000;
/** `server_version_num` from which it can. */
const CONNECTION_CHECK_SINCE = 140000;

const supported = new WeakMap<pg.Client, boolean>();

/**
 * Whether the server can be told to end a statement whose client has gone (`client_connection_check_interval`): without that a
 * killed process leaves behind what it ran, up to the statement timeout. Not on every platform, so it is tried, once a connection;
 * `client` must be outside a transaction.
 */
export async function checksConnection(client: pg.Client): Promise<boolean> {
  const known = supported.get(client);
  if (known !== undefined) return known;
  let works = serverVersion(client) >= CONNECTION_CHECK_SINCE;
  if (works)
    try {
      await client.query(
        `BEGIN READ ONLY; SET LOCAL client_connection_check_interval = ${CONNECTION_CHECK_MS}; ROLLBACK`,
      );
    } catch (error) {
      if (typeof (error as { severity?: unknown }).severity !== 'string') throw error; // the connection is lost
      await client.query('ROLLBACK');
      works = false;
    }
  supported.set(client, works);
  return works;
}
