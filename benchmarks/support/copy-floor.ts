import pg from 'pg';
import type { ConnectionSettings } from '#src/contract/connection.js';

/**
 * Read `bench.wide` by plain `COPY (SELECT *) … (FORMAT binary)` on several connections, one part of its blocks each, and throw the
 * bytes away as they come: what any reader has to pay. Returns seconds and bytes.
 */
export async function copyFloor(
  connection: ConnectionSettings,
  connections: number,
): Promise<{ seconds: number; bytes: number }> {
  const clients = await Promise.all(
    Array.from({ length: connections }, async () => {
      const { host, port, user, password, database } = connection;
      const client = new pg.Client({ host, port, user, database, ...(password !== undefined && { password }) });
      await client.connect();
      return client;
    }),
  );
  try {
    const { rows } = await clients[0]!.query<{ blocks: string }>(
      `SELECT pg_relation_size('bench.wide') / current_setting('block_size')::int AS blocks`,
    );
    const blocks = Number(rows[0]!.blocks);
    const startMs = performance.now();
    const sizes = await Promise.all(
      clients.map((client, index) => {
        const from = Math.floor((blocks * index) / connections);
        const to = Math.floor((blocks * (index + 1)) / connections);
        const upper = index === connections - 1 ? '' : ` AND ctid < '(${to},0)'`;
        return discard(
          client,
          `COPY (SELECT * FROM ONLY bench.wide WHERE ctid >= '(${from},0)'${upper}) TO STDOUT (FORMAT binary)`,
        );
      }),
    );
    return { seconds: (performance.now() - startMs) / 1000, bytes: sizes.reduce((sum, size) => sum + size, 0) };
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

const READY_FOR_QUERY = 0x5a;

/** Counts raw socket bytes until the server is ready again; no message is parsed. */
function discard(client: pg.Client, sql: string): Promise<number> {
  const { connection } = client as unknown as {
    connection: { stream: NodeJS.ReadWriteStream; query(text: string): void };
  };
  const { stream } = connection;
  const listeners = stream.listeners('data') as ((chunk: Buffer) => void)[];
  return new Promise((resolve) => {
    let bytes = 0;
    const onData = (chunk: Buffer) => {
      bytes += chunk.length;
      // 'Z', length 5, status: always the last six bytes of an answer.
      if (chunk.length < 6 || chunk[chunk.length - 6] !== READY_FOR_QUERY || chunk.readInt32BE(chunk.length - 5) !== 5)
        return;
      stream.removeListener('data', onData);
      for (const listener of listeners) stream.on('data', listener);
      resolve(bytes);
    };
    for (const listener of listeners) stream.removeListener('data', listener);
    stream.on('data', onData);
    connection.query(sql);
  });
}
