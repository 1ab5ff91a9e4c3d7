import { createBreakerBuffer } from '#src/adapters/postgres/circuit-breaker.js';
import { createSlotsBuffer } from '#src/adapters/postgres/connection-slots.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import { PostgresSourceAccess } from '#src/adapters/postgres/source-access.js';
import type { Discovery } from '#src/coordinator/ports.js';
import { noPrivilege } from '#src/core/model/outcome.js';
import type { TableSpec } from '#src/core/model/relation.js';
import { EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import type { SelectionOptions } from '../options.js';
import { formatBytes, formatNumber } from '../render/format.js';
import { renderTable } from '../render/table.js';
import { selectSources, tableFilter } from '../selection.js';
import { discoverySettings } from '../worker-settings.js';

/** List what `run` would look at and what not, and why. Reads the catalogs alone; exit 2 where a source cannot be reached. */
export async function tablesCommand(options: SelectionOptions & { json?: boolean }, io: Io): Promise<number> {
  const config = loadSettings(io);
  const wanted = tableFilter(config, options);
  const { guards, retry, workers } = config;
  let exitCode: number = EXIT.ok;
  for (const connection of selectSources(config, options.source)) {
    const access = new PostgresSourceAccess({
      source: {
        connection,
        openConnections: createSlotsBuffer(),
        breaker: { ...config.breaker, state: createBreakerBuffer() },
      },
      guards,
      retry,
      workers,
      discovery: discoverySettings(config),
      signal: new AbortController().signal,
      onRetry: ({ source, cause }) => writeLine(io.stderr, `${source}: trying again: ${cause.message}`),
    });
    try {
      const listing = list(connection.name, await access.discover(), wanted);
      if (options.json) for (const relation of listing) writeJson(io, relation);
      else writeLine(io.stdout, describe(connection.name, listing));
    } catch (error) {
      const failure = toFailure(error, { source: connection.name, connection });
      if (options.json) writeJson(io, { type: 'source', source: connection.name, status: 'failed', failure });
      else writeLine(io.stderr, `${connection.name}: ${failure.message}`);
      exitCode = EXIT.incomplete;
    } finally {
      await access.close();
    }
  }
  return exitCode;
}

interface Listed {
  readonly type: 'relation';
  readonly source: string;
  readonly schema: string;
  readonly table: string;
  readonly kind: string;
  readonly profiled: boolean;
  /** Why it is not profiled by itself. */
  readonly reason?: string;
  readonly mergedInto?: string;
  readonly bytes?: number;
  /** The planner's; absent where it has none. */
  readonly estimatedRows?: number;
  readonly columns?: number;
}

function list(source: string, discovery: Discovery, wanted: ReturnType<typeof tableFilter>): Listed[] {
  const looked = discovery.tables.map((table): Listed => {
    const { schema, name, kind, bytes, estimatedRows, columns } = table;
    const reason = reasonNot(table, wanted);
    return {
      type: 'relation',
      source,
      schema,
      table: name,
      kind,
      profiled: reason === undefined,
      ...(reason !== undefined && { reason }),
      bytes,
      ...(estimatedRows >= 0 && { estimatedRows }),
      columns: columns.length,
    };
  });
  const omitted = discovery.omitted.map(({ schema, name, kind, reason, mergedInto }): Listed => {
    const merged = mergedInto === undefined ? {} : { mergedInto };
    return { type: 'relation', source, schema, table: name, kind, profiled: false, reason, ...merged };
  });
  const name = (relation: Listed) => `${relation.schema}\0${relation.table}`;
  return [...looked, ...omitted].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}

function reasonNot(table: TableSpec, wanted: ReturnType<typeof tableFilter>): string | undefined {
  const { source, schema, name, columns } = table;
  if (!wanted({ source, schema, table: name })) return 'left out by sentinel.yaml, --table or --exclude';
  const isHidden = columns.length > 0 && !columns.some((column) => column.readable);
  return isHidden ? noPrivilege(table).message : undefined;
}

function describe(source: string, listing: readonly Listed[]): string {
  const profiled = listing.filter((relation) => relation.profiled).length;
  const rows = listing.map((relation) => [
    relation.profiled ? 'yes' : 'no',
    `${relation.schema}.${relation.table}`,
    relation.kind,
    relation.estimatedRows === undefined ? '' : `~${formatNumber(relation.estimatedRows)}`,
    relation.bytes === undefined ? '' : formatBytes(relation.bytes),
    relation.reason ?? '',
  ]);
  const columns = [
    { title: 'profiled' },
    { title: 'relation' },
    { title: 'kind' },
    { title: 'rows', align: 'right' as const },
    { title: 'size', align: 'right' as const },
    { title: 'why not' },
  ];
  return `${source}: ${profiled} of ${listing.length} relations are profiled\n${renderTable(columns, rows)}\n`;
}
