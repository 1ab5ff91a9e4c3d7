import type pg from 'pg';

/** How a pooler between us and the server shares its connections; null where there is none, or it does not show. */
export type PoolerMode = 'transaction' | 'session' | null;

/**
 * Which mode a pooler works in, told by what it does, since its own SHOW commands need an administrator. While `first`
 * is between transactions, `second` opens one: under transaction pooling it is handed the server process that `first`
 * has just given back (poolers take the one used last), under session pooling never.
 */
export async function detectPoolerMode(first: pg.Client, second: pg.Client): Promise<PoolerMode> {
  const before = await backendPid(first);
  await second.query('BEGIN READ ONLY');
  try {
    const other = await backendPid(second);
    // While `second` holds that process, `first` must be given another one.
    const after = other === before ? null : await backendPid(first);
    return other === before || after !== before ? 'transaction' : 'session';
  } finally {
    await second.query('ROLLBACK').catch(() => undefined);
  }
}

async function backendPid(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
  return rows[0]!.pid;
}
