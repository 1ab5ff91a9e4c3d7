import type { CopyConsumer } from '#src/core/decode/copy-stream-decoder.js';
import type { Failure } from '#src/core/model/failure.js';
import type { ColumnSpec, PartSpec } from '#src/core/model/relation.js';
import type { BlockRange } from '#src/core/planning/chunks.js';
import type { ProfilePorts, ReadTransaction } from './ports.js';
import type { TableRead } from './table-read.js';

const discard: CopyConsumer = { begin() {}, batch() {}, end() {} };

/**
 * Find the columns that cannot be read (a corrupt value, an output function that throws, bytes that have no equivalent in
 * UTF-8), so that they are failures of their own and not of the table: halves of the columns are read, each in a savepoint, and
 * what fails is halved again. Rejects where a read fails for a reason that is no column's.
 */
export async function probeColumns(
  tx: ReadTransaction,
  read: TableRead,
  ports: Pick<ProfilePorts, 'toFailure'>,
  where?: { part: number; range: BlockRange },
): Promise<ReadonlyMap<string, Failure>> {
  const { source, schema, name, parts } = read.table;
  const failures = new Map<string, Failure>();
  const probe = async (part: PartSpec, columns: readonly ColumnSpec[]): Promise<void> => {
    if (columns.length === 0) return;
    const request = { part, columns, guarded: read.guarded, ...(where && { range: where.range }) };
    const error = await tx.probe(request, discard);
    if (error === null) return;
    const failure = ports.toFailure(error, { source, table: `${schema}.${name}` });
    if (!mayBeOneColumn(failure)) throw error;
    if (columns.length === 1) {
      failures.set(columns[0]!.name, failure);
      return;
    }
    const half = Math.ceil(columns.length / 2);
    await probe(part, columns.slice(0, half));
    await probe(part, columns.slice(half));
  };
  for (const part of where ? [parts[where.part]!] : parts)
    for (const group of read.groups)
      await probe(
        part,
        group.filter((column) => !failures.has(column.name)),
      );
  return failures;
}

/**
 * False for errors that reading one column cannot cause: of the connection, the transaction, a lock, a limit or a cancel. All else
 * may come from a column's values or functions, which may try to write (25006) or raise any SQLSTATE they like.
 */
export function mayBeOneColumn(failure: Failure): boolean {
  return /^[0-9A-Z]{5}$/.test(failure.code) && !/^(08|25(?!006)|28|3D|40|53|55|57)/.test(failure.code);
}
