import type { SpoolFile } from '#src/adapters/spool/spool-file.js';
import type { SpoolRecord } from '#src/adapters/spool/spool-format.js';
import { isStoreAway, StoreError } from '#src/adapters/store/failure.js';
import type { RunStore } from '#src/coordinator/ports.js';
import { formatCount } from './render/format.js';

/** The store as a run sees it that must not lose what it read. */
export interface SpoolingStore extends RunStore {
  /** Why the store takes no more writes; null while it does. */
  readonly lost: StoreError | null;
  /** Tables in the spool. */
  readonly tables: number;
  /** Tables that are neither in the store nor in the spool. */
  readonly refused: number;
}

/**
 * Hands results to the store until it is away, from then on to the spool: a table counts as acknowledged when it is on disk
 * here or there. Rejects where the spool cannot be written either.
 */
export function spoolingStore(
  store: RunStore,
  spool: SpoolFile,
  onLost: (error: StoreError, spool: SpoolFile) => void,
): SpoolingStore {
  let lost: StoreError | null = null;
  let tables = 0;
  let refused = 0;

  const orSpool = async (write: () => Promise<void>, record: () => SpoolRecord): Promise<void> => {
    if (lost === null)
      try {
        return await write();
      } catch (error) {
        if (!isStoreAway(error)) throw error;
        if (lost === null) onLost((lost = error), spool);
      }
    try {
      await spool.append(record());
    } catch (error) {
      throw unwritable(lost!, spool.path, error);
    }
  };

  return {
    get lost() {
      return lost;
    },
    get tables() {
      return tables;
    },
    get refused() {
      return refused;
    },
    async addTable(record) {
      try {
        await orSpool(
          () => store.addTable(record),
          () => {
            tables++;
            return { type: 'table', record: { ...record, finishedAt: new Date() } };
          },
        );
      } catch (error) {
        refused++;
        throw error;
      }
    },
    addInventory: (record) =>
      orSpool(
        () => store.addInventory(record),
        () => ({ type: 'inventory', record }),
      ),
    recordPresent: (source, present) =>
      orSpool(
        () => store.recordPresent(source, present),
        () => ({ type: 'present', source, present }),
      ),
  };
}

function unwritable(lost: StoreError, path: string, error: unknown): StoreError {
  const { code, message } = error as NodeJS.ErrnoException;
  return new StoreError(
    'spool_unwritable',
    `${lost.message}\nand what waits for it cannot be kept: ${path} cannot be written (${code ?? message})`,
  );
}

/** How many tables were read for nothing, for the end of a run that could keep them nowhere. */
export function refusedText(count: number): string {
  return `${formatCount(count, 'table')} that ${count === 1 ? 'was' : 'were'} read ${count === 1 ? 'is' : 'are'} lost`;
}
