import type { TableResult } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import { noPrivilege } from '#src/core/model/outcome.js';
import type { TableSpec } from '#src/core/model/relation.js';
import type { ProfilePorts } from './ports.js';
import { mayBeOneColumn, probeColumns } from './probe-columns.js';
import { readTables } from './read-tables.js';
import { failedResult, planRead, type ReadSettings } from './table-read.js';

/** A table may change its shape between discovery and lock this often before it is given up. */
const MAX_SHAPE_CHANGES = 3;

/**
 * Profile one table by itself, whatever it takes: again after a transient failure, with its new shape where it was changed meanwhile,
 * without a column that cannot be read. Returns the failure by which the source was lost on the way, else null.
 */
export async function profileTable(
  table: TableSpec,
  settings: ReadSettings,
  ports: ProfilePorts,
  emit: (result: TableResult) => void,
): Promise<Failure | null> {
  const { source } = table;
  const name = `${table.schema}.${table.name}`;
  const startedMs = ports.now();
  const end = (status: 'failed' | 'skipped', failure: Failure, attempts: number) => {
    emit(failedResult(spec, status, failure, Math.round(ports.now() - startedMs), attempts));
    return null;
  };
  let spec = table;
  let columnFailures: ReadonlyMap<string, Failure> = new Map();
  let attempts = 0;
  for (let changes = 0; ; ) {
    if (spec.columns.length > 0 && !spec.columns.some((column) => column.readable))
      return end('failed', noPrivilege(spec), attempts);
    try {
      await ports.retry({ source, operation: `profile ${name}` }, async () => {
        attempts++;
        await readTables(source, [spec], columnFailures, attempts, settings, ports, (_, result) => emit(result));
      });
      return null;
    } catch (error) {
      const failure = ports.toFailure(error, { source, table: name });
      if (ports.reader.isSourceLoss(error)) return failure;
      if (isShapeChange(failure) && changes++ < MAX_SHAPE_CHANGES) {
        const fresh = await rediscover(spec, ports);
        if (!fresh) return end('skipped', { ...failure, message: `${name} was dropped before it was read` }, attempts);
        if ('lost' in fresh) return fresh.lost;
        if ('code' in fresh) return end('failed', fresh, attempts);
        spec = fresh;
        continue;
      }
      const found = mayBeOneColumn(failure)
        ? await probe(spec, columnFailures, settings, ports)
        : new Map<string, Failure>();
      if (found.size === 0) return end('failed', failure, attempts);
      columnFailures = new Map([...columnFailures, ...found]);
    }
  }
}

function isShapeChange(failure: Failure): boolean {
  return ['table_changed', '42P01', '42703', '3F000', '42809', '0A000'].includes(failure.code);
}

async function rediscover(
  spec: TableSpec,
  ports: ProfilePorts,
): Promise<TableSpec | Failure | { readonly lost: Failure } | null> {
  try {
    return await ports.reader.rediscover(spec.source, spec);
  } catch (error) {
    const failure = ports.toFailure(error, { source: spec.source, table: `${spec.schema}.${spec.name}` });
    return ports.reader.isSourceLoss(error) ? { lost: failure } : failure;
  }
}

/** Columns that fail when read alone; none where the probing itself fails, so that the first failure is reported. */
async function probe(
  spec: TableSpec,
  known: ReadonlyMap<string, Failure>,
  { events }: ReadSettings,
  ports: ProfilePorts,
): Promise<ReadonlyMap<string, Failure>> {
  try {
    return await ports.reader.readTables(spec.source, [spec], (tx) =>
      probeColumns(tx, planRead(spec, ports.reader, events, known), ports),
    );
  } catch {
    return new Map();
  }
}
