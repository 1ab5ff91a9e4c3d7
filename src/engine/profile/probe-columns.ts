import type { CopyConsumer } from '#src/core/decode/copy-stream-decoder.js';
import type { Failure } from '#src/core/model/failure.js';
import type { BlockRange } from '#src/core/planning/chunks.js';
import type { ReadTransaction } from './ports.js';
import type { TableRead } from './table-read.js';

const discard: CopyConsumer = { begin() {}, batch() {}, end() {} };

/**
 * Find the columns that cannot be read (a corrupt value, an output function that throws, bytes that have no equivalent in
 * UTF-8) by reading each alone in a savepoint, so that they are failures of their own and not of the table.
 */
export async function probeColumns(
  tx: ReadTransaction,
  read: TableRead,
  where?: { part: number; range: BlockRange },
): Promise<Record<string, Failure>> {
  const failures: Record<string, Failure> = {};
  const parts = where ? [read.table.parts[where.part]!] : read.table.parts;
  for (const column of read.groups.flat())
    for (const part of parts) {
      const request = { part, columns: [column], guarded: read.guarded, ...(where && { range: where.range }) };
      const failure = await tx.probe(request, discard);
      if (!failure) continue;
      failures[column.name] = failure;
      break;
    }
  return failures;
}

/**
 * True for errors that one column's values can cause: bad data (22…), a function's own error (P0…, 38…, XX…), a refused or missing
 * function (42501, 42883) or a limit exceeded by one value (54…).
 */
export function mayBeOneColumn(failure: Failure): boolean {
  return /^(22|38|39|P0|XX|54|0A)/.test(failure.code) || failure.code === '42501' || failure.code === '42883';
}
