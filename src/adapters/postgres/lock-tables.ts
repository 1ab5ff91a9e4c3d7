import type pg from 'pg';
import type { TableSpec } from '#src/core/model/relation.js';
import { quoteQualified } from './quote.js';

const MODE = 'IN ACCESS SHARE MODE';
const SAVEPOINT = 'sentinel_lock';
/** SQLSTATE `lock_not_available`. */
const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Take an ACCESS SHARE lock on everything that is read of these tables; to be called before the transaction takes its snapshot
 * (READ ONLY allows it and LOCK TABLE takes none). Never waits for one lock while it holds another: a session that holds the one
 * and asks for the other would be the victim of a deadlock. So of several tables each must be free at once, else this rejects with
 * 55P03; a single table is waited for, at most the lock timeout for each of its heaps.
 */
export async function lockTables(client: pg.Client, tables: readonly TableSpec[]): Promise<void> {
  const targets = tables.flatMap(lockTargets);
  const reads = tables.flatMap(readsThatLock);
  if (targets.length > 1 || targets.some((target) => !target.startsWith('ONLY '))) {
    const lockAll = `LOCK TABLE ${targets.join(', ')} ${MODE} NOWAIT; RELEASE SAVEPOINT ${SAVEPOINT}`;
    try {
      await client.query(`SAVEPOINT ${SAVEPOINT}; ${lockAll}`);
    } catch (error) {
      if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE || tables.length > 1) throw error;
      const letGo = `ROLLBACK TO SAVEPOINT ${SAVEPOINT}`;
      for (const target of targets) await client.query(`${letGo}; LOCK TABLE ${target} ${MODE}; ${letGo}`);
      await client.query(lockAll);
    }
  } else reads.unshift(...targets.map((target) => `LOCK TABLE ${target} ${MODE}`));
  if (reads.length > 0) await client.query(reads.join(';\n'));
}

function lockTargets(table: TableSpec): string[] {
  if (!table.lockable) return [];
  const own = table.parts.some((part) => part.oid === table.oid)
    ? []
    : [`ONLY ${quoteQualified(table.schema, table.name)}`];
  const parts = table.parts.filter((part) => part.kind === 'table' || part.kind === 'partitioned table');
  return [...own, ...parts.map((part) => (part.only ? 'ONLY ' : '') + quoteQualified(part.schema, part.name))];
}

/** What LOCK TABLE refuses (materialised views, foreign tables, column privileges only) is locked by any read of it. */
function readsThatLock(table: TableSpec): string[] {
  return table.parts
    .filter((part) => !table.lockable || !(part.kind === 'table' || part.kind === 'partitioned table'))
    .map((part) => `SELECT FROM ${quoteQualified(part.schema, part.name)} WHERE false`);
}
