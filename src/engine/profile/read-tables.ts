import type { TableResult } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import { okProfile } from '#src/core/model/outcome.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { ProfilePorts } from './ports.js';
import { TableCollector } from './table-collector.js';
import { copyRequests, planRead, type ReadSettings } from './table-read.js';

/**
 * Read tables whole in one transaction and one protocol string. A table is done when its last COPY has ended, even if a later one
 * fails; rejects with that failure.
 */
export async function readTables(
  source: string,
  tables: readonly TableSpec[],
  columnFailures: ReadonlyMap<string, Failure>,
  attempt: number,
  settings: ReadSettings,
  ports: ProfilePorts,
  done: (table: TableSpec, result: TableResult) => void,
): Promise<void> {
  const reads = tables.map((table) => planRead(table, ports.reader, settings.events, columnFailures));
  const requests = reads.map(copyRequests);
  const openedMs = ports.now();
  const collector = new TableCollector(
    reads,
    ports,
    settings,
    ({ read, rowCount, columns, state, events, bytes, startedMs }) => {
      const now = ports.now();
      const copies = requests[reads.indexOf(read)]!.length;
      done(read.table, {
        spec: read.table,
        profile: okProfile(read.table, columns, read.failures, {
          rowCount,
          consistent: read.table.lockable || copies === 1,
          durationMs: Math.round(now - startedMs),
        }),
        ...(state && { state }),
        ...(events && { events }),
        cost: { rows: rowCount, bytes, longestTransactionMs: now - openedMs },
        attempts: attempt,
      });
    },
  );
  await ports.reader.readTables(source, tables, (tx) => {
    collector.sent();
    return tx.copy(requests.flat(), collector);
  });
}
