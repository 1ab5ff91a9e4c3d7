import type pg from 'pg';

/** How a standby follows its primary. */
export interface StandbyState {
  /** True where it is connected to its primary; false where it lives on archived WAL, or has lost the connection. */
  readonly streaming: boolean;
  /** Age of what it has not applied yet, seconds: 0 where it streams and has applied all it received. Null before the first change. */
  readonly behindSeconds: number | null;
}

/** Everybody may see that there is a receiver, not how it fares. Without one, what was applied last says how old the data are. */
const STATE = `SELECT w.streaming, CASE WHEN w.streaming AND pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() THEN 0
    ELSE extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()) END::float8 AS "behindSeconds"
  FROM (SELECT EXISTS (SELECT FROM pg_stat_wal_receiver) AS streaming) w`;

/** Managed services refuse these functions to most roles (42501) or leave them out (0A000, 42883, 42P01). */
const REFUSED = new Set(['42501', '0A000', '42883', '42P01']);

/** Of a server in recovery; null where it does not say. Inside a `readOnly` transaction. */
export async function readStandbyState(client: pg.Client): Promise<StandbyState | null> {
  await client.query('SAVEPOINT sentinel_standby');
  try {
    return { ...(await client.query<StandbyState>(STATE)).rows[0]! };
  } catch (error) {
    if (!REFUSED.has((error as { code?: string }).code ?? '')) throw error;
    await client.query('ROLLBACK TO SAVEPOINT sentinel_standby');
    return null;
  } finally {
    await client.query('RELEASE SAVEPOINT sentinel_standby').catch(() => undefined); // only fails after another error
  }
}
