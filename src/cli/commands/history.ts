import type { HistorySeries } from '#src/adapters/store/list-history.js';
import { splitTableName } from '#src/config/table-glob.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { formatNumber, formatTime } from '../render/format.js';
import { renderTable } from '../render/table.js';
import { escapeControls } from '../render/text-width.js';
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
    if (series.length === 0)
      throw new CliError(nothingStored(name, metric, options.column, await store.listHistory({ ...parts, limit: 1 })));
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
  const { time, run: _, label, ...rest } = point;
  const at = new Date(time).toISOString();
  return { type: 'point', source, schema, table, ...(column !== null && { column }), metric, run: label, at, ...rest };
}

function describe({ source, schema, table, column, metric, points }: HistorySeries): string {
  const title = escapeControls(`${source}.${schema}.${table}${column === null ? '' : `, column ${column}`}: ${metric}`);
  const rows = points.map((point) => [
    formatTime(point.time),
    formatNumber(point.value),
    point.judged ? '' : 'not judged',
  ]);
  return `${title}\n${renderTable([{ title: 'as of' }, { title: metric, align: 'right' }, { title: '' }], rows)}\n`;
}

/** Says what is there instead; `stored` are all series of the table. */
function nothingStored(
  name: string,
  metric: string | undefined,
  column: string | undefined,
  stored: readonly HistorySeries[],
): string {
  if (stored.length === 0) return `nothing is stored of table ${name}; "sentinel tables" lists what is looked at`;
  const list = (names: readonly (string | null)[]) => escapeControls([...new Set(names)].join(', '));
  const columns = stored.map((series) => series.column).filter((known) => known !== null);
  if (column !== undefined && !columns.includes(column))
    return `nothing is stored of column ${column} of table ${name}; stored columns: ${list(columns) || 'none'}`;
  const same = stored.filter((series) => series.column === (column ?? null)).map((series) => series.metric);
  const what = column === undefined ? `table ${name}` : `column ${column} of table ${name}`;
  const hint = column === undefined && stored.some((series) => series.metric === metric) ? ' (give a --column)' : '';
  return `metric ${metric} is not stored of ${what}${hint}; stored metrics: ${list(same) || 'none'}`;
}
