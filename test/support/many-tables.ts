import type pg from 'pg';

/** With these settings `big` of `loadManyTables` is read in chunks, by two workers. */
export const CHUNKED = { CHUNK_MIN_BYTES: '1MiB', MAX_CHUNKS: '6', CONCURRENT_WORKERS: '2' } as const;

/** `small_001` … of a few hundred rows each, and `big`, which is read in chunks. */
export async function loadManyTables(client: pg.Client, small: number): Promise<void> {
  await client.query(`
    DO $$ BEGIN
      FOR i IN 1..${small} LOOP
        EXECUTE format('CREATE TABLE small_%s AS SELECT g AS id, ''n'' || g AS name FROM generate_series(1, %s) AS g',
          lpad(i::text, 3, '0'), 50 + i);
      END LOOP;
    END $$;
    CREATE TABLE big AS SELECT g AS id, repeat('x', 90) AS payload FROM generate_series(1, 40000) AS g`);
}
