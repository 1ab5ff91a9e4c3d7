import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { giveSpoolBack, listSpools, readSpool, setSpoolAside, takeSpool } from '#src/adapters/spool/read-spool.js';
import type { SpoolRecord } from '#src/adapters/spool/spool-format.js';
import { isDataError, type StoreError } from '#src/adapters/store/failure.js';
import type { RunRef, TableRecord } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import type { Config } from '#src/config/config.js';
import { recordPresent } from './record-present.js';
import { formatCount } from './render/format.js';
import type { Session } from './run-session.js';

/** Where results wait for one store. */
export function spoolFolder({ directory }: Config, storeId: string): string {
  return join(directory, '.sentinel', 'spool', storeId);
}

/** Tables that are stored by one transaction: their profiles are in memory together. */
const GROUP_TABLES = 100;

/** What became of one file. */
export interface Replayed {
  /** Null where the file does not say. */
  readonly run: string | null;
  readonly tables: number;
  /** Where the file is now, and what of it could not be read or stored; null where all of it was, and the file is removed. */
  readonly damaged: { readonly path: string; readonly what: readonly string[] } | null;
}

/**
 * Store what earlier runs could not, and say so. Rejects with `StoreError` where the store is away again: every file that is not
 * stored whole is then still there.
 */
export async function replaySpools(session: Session, folder: string, store: Store, writer: StoreWriter): Promise<void> {
  const { announce, warn, logs } = session;
  const unread = (path: string) => (error: NodeJS.ErrnoException) => {
    if (error.syscall === undefined) throw error;
    warn(
      `${path} cannot be used (${error.code}): results that may wait in it are not stored; make it readable and writable`,
    );
    return undefined;
  };
  for (const path of (await listSpools(folder).catch(unread(folder))) ?? []) {
    const result = await replaySpool(path, store, writer).catch(unread(path));
    if (result === undefined) continue;
    if (result === null) {
      warn(`${path} was written by a newer version of Sentinel: what is in it waits for that version`);
      continue;
    }
    const { run, tables, damaged } = result;
    logs.fileLogger('orchestrator').info({ spool: path, replayed: run, tables }, 'results that waited are stored');
    if (tables > 0) announce(`stored ${formatCount(tables, 'table')} of run ${run} that waited in .sentinel/spool`);
    if (damaged)
      warn(
        `${path} is damaged: ${damaged.what.join('; ')}. What could be read is stored, the file is kept as ${damaged.path}; ` +
          'tables that are missing are read again where the run goes on',
      );
  }
}

/** Store what is in one file and remove it; null where a newer version wrote it. */
export async function replaySpool(path: string, store: Store, writer: StoreWriter): Promise<Replayed | null> {
  const taken = await takeSpool(path);
  if (taken === null) return null;
  const damage: string[] = [];
  try {
    const { run, tables } = await replayRecords(taken, store, writer, damage);
    if (damage.length > 0) return { run, tables, damaged: { path: await setSpoolAside(taken), what: damage } };
    await rm(taken);
    return { run, tables, damaged: null };
  } catch (error) {
    await giveSpoolBack(taken);
    throw error;
  }
}

async function replayRecords(path: string, store: Store, writer: StoreWriter, damage: string[]) {
  let run: RunRef | null = null;
  let tables = 0;
  let waiting: TableRecord[] = [];
  const persist = async (records: readonly TableRecord[]): Promise<void> => {
    try {
      await writer.replayTables(run!, records);
      tables += records.length;
    } catch (error) {
      if (!isDataError(error)) throw error;
      // One that the store refuses must not keep the others out.
      if (records.length > 1) for (const record of records) await persist([record]);
      else damage.push(`${records[0]!.spec.schema}.${records[0]!.spec.name}: ${(error as StoreError).message}`);
    }
  };
  const flush = async () => {
    const records = waiting;
    waiting = [];
    if (records.length > 0) await persist(records);
  };
  const take = async (record: SpoolRecord, of: RunRef): Promise<void> => {
    if (record.type === 'table') {
      if (waiting.push(record.record) >= GROUP_TABLES) await flush();
    } else if (record.type === 'inventory') await writer.replayInventory(of, [record.record]);
    else if (record.type === 'present' && !(await writer.isLateSource(of, record.source)))
      await recordPresent(store, writer, of, record.source, record.present);
  };
  for await (const record of readSpool(path, (what) => damage.push(what))) {
    if (record.type === 'run') run = await writer.adoptRun(record.run);
    else if (run) await take(record, run);
  }
  await flush();
  return { run: run?.label ?? null, tables };
}
