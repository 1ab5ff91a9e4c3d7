import type { HistorySeries } from '#src/adapters/store/list-history.js';
import { splitTableName } from '#src/config/table-glob.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { formatNumber, formatTime } from '../render/format.js';
import { renderTable } from '../render/table.js';
import { openMetadata } from '../run-store.js';

export interface HistoryCommandOptions {
  readonly column?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Print the stored figures of a table, newest last. */
export async function historyCommand(
  name: string,
  metric: string | undefined,
  options: HistoryCommandOptions,
  io: Io,
): Promise<number> {
  const config = loadSettings(io);
  const parts = splitTableName(name);
  if (!parts) throw new CliError(`"${name}" is no table name; write table, schema.table or source.schema.table`);
  const store = await openMetadata(config, () => undefined);
  try {
    const series = await store.listHistory({
      ...parts,
      ...(metric !== undefined && { metric }),
      column: options.column ?? null,
      limit: options.limit,
    });
    if (series.length === 0) throw new CliError(nothingStored(name, metric, options.column));
    for (const one of series) {
      if (options.json) for (const point of one.points) writeJson(io, pointRecord(one, point));
      else writeLine(io.stdout, describe(one));
    }
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

function pointRecord({ source, schema, table, column, metric }: HistorySeries, point: HistorySeries['points'][number]) {
  const { time, run, ...rest } = point;
  const at = new Date(time).toISOString();
  return { type: 'point', source, schema, table, ...(column !== null && { column }), metric, run, at, ...rest };
}

function describe({ source, schema, table, column, metric, points }: HistorySeries): string {
  const title = `${source}.${schema}.${table}${column === null ? '' : `, column ${column}`}: ${metric}`;
  const rows = points.map((point) => [
    formatTime(point.time),
    formatNumber(point.value),
    point.judged ? '' : 'not judged',
  ]);
  return `${title}\n${renderTable([{ title: 'as of' }, { title: metric, align: 'right' }, { title: '' }], rows)}\n`;
}

function nothingStored(name: string, metric: string | undefined, column: string | undefined): string {
  const what = [metric && `metric ${metric}`, column && `column ${column}`].filter(Boolean).join(' and ');
  return `nothing is stored of table ${name}${what ? ` for ${what}` : ''}; "sentinel tables" lists what is looked at`;
}
