import type pg from 'pg';
import type { LagReading } from '#src/coordinator/ports.js';
import type { Lag } from '#src/core/planning/lag.js';

/** Managed services refuse these functions to most roles (42501) or leave them out (0A000, 42883, 42P01, 55000). */
const REFUSED = new Set(['42501', '0A000', '42883', '42P01', '55000']);

/**
 * Who streams from this server; without the right to see it, a row says that there is somebody and nothing else. A base backup is
 * no replica. An idle primary has no lag to tell.
 */
const REPLICAS = `SELECT application_name AS name, host(client_addr) AS address, state IS NULL AS hidden,
  coalesce(extract(epoch FROM replay_lag), 0)::float8 * 1000 AS "behindMs"
FROM pg_stat_replication WHERE state IS NULL OR state IN ('streaming', 'catchup')`;

/** What a standby has received and not yet applied is as old as what it applied last. */
const STANDBY = `SELECT CASE WHEN pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() THEN 0
  ELSE coalesce(extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp()), 0) END::float8 * 1000 AS "behindMs"`;

/** An inactive slot has no reader who could be late: the check replication_slot tells of it. */
const slots = (end: string) => `SELECT slot_name AS name,
  coalesce(pg_wal_lsn_diff(${end}, coalesce(confirmed_flush_lsn, restart_lsn)), 0)::float8 AS "behindBytes"
FROM pg_replication_slots WHERE active AND NOT temporary`;

interface ReplicaRow {
  readonly name: string | null;
  readonly address: string | null;
  readonly hidden: boolean;
  readonly behindMs: number;
}

/** How far replicas and slot readers of this server are behind, and it itself where it is a standby; inside a `readOnly` transaction. */
export async function readLag(client: pg.Client, inRecovery: boolean): Promise<LagReading> {
  await client.query('SAVEPOINT sentinel_lag');
  try {
    const replicas = (await client.query<ReplicaRow>(REPLICAS)).rows;
    const end = inRecovery ? 'pg_last_wal_replay_lsn()' : 'pg_current_wal_lsn()';
    const readers = (await client.query<{ name: string; behindBytes: number }>(slots(end))).rows;
    const own = inRecovery ? (await client.query<{ behindMs: number }>(STANDBY)).rows : [];
    const lags: Lag[] = [
      ...own.map(({ behindMs }): Lag => ({ kind: 'standby', name: 'this server', behindMs })),
      ...replicas.filter(({ hidden }) => !hidden).map(replicaLag),
      ...readers.map((row): Lag => ({ kind: 'slot', ...row })),
    ];
    const hidden = replicas.filter((row) => row.hidden).length;
    return { lags, unseen: hidden > 0 ? 'hidden' : null };
  } catch (error) {
    if (!REFUSED.has((error as { code?: string }).code ?? '')) throw error;
    await client.query('ROLLBACK TO SAVEPOINT sentinel_lag');
    return { lags: [], unseen: 'refused' };
  } finally {
    await client.query('RELEASE SAVEPOINT sentinel_lag').catch(() => undefined);
  }
}

function replicaLag({ name, address, behindMs }: ReplicaRow): Lag {
  // Replicas are often all called "walreceiver".
  return { kind: 'replica', name: [name, address].filter(Boolean).join(' at ') || 'without a name', behindMs };
}
