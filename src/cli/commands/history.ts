import type { HistorySeries } from '#src/adapters/store/list-history.js';
import { splitTableName } from '#src/config/table-glob.js';
import { name } from '#src/core/checks/sentence.js';
import { groupBy } from '#src/core/group-by.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { formatNumber, formatTime } from '../render/format.js';
import { renderTable } from '../render/table.js';
import { escapeControls, textWidth } from '../render/text-width.js';
import { openMetadata } from '../run-store.js';
import { describeEvents, eventDays, eventRecords } from './history-events.js';

export interface HistoryCommandOptions {
  readonly column?: string;
  readonly limit: number;
  readonly json?: boolean;
}

/** Print the stored figures of a table, the newest run last, and its figures by day of insertion. */
export async function historyCommand(
  tableName: string,
  metric: string | undefined,
  options: HistoryCommandOptions,
  io: Io,
): Promise<number> {
  const config = loadSettings(io);
  const parts = splitTableName(tableName);
  if (!parts) throw new CliError(`"${tableName}" is no table name; write table, schema.table or source.schema.table`);
  const store = await openMetadata(config, () => undefined);
  try {
    const series = await store.listHistory({
      ...parts,
      ...(metric !== undefined && { metric }),
      column: options.column ?? null,
      limit: options.limit,
    });
    const { column = null, limit } = options;
    const days = eventDays(await store.listEvents(parts), column, metric, limit);
    if (series.length === 0 && days.length === 0)
      throw new CliError(
        nothingStored(tableName, metric, options.column, await store.listHistory({ ...parts, limit: 1 })),
      );
    if (options.json) {
      for (const one of series) for (const point of one.points) writeJson(io, pointRecord(one, point));
      for (const one of days) for (const record of eventRecords(one)) writeJson(io, record);
    } else {
      const width = io.stdout.isTTY ? (io.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
      for (const group of groups(series)) writeLine(io.stdout, describe(group, width));
      for (const one of days) writeLine(io.stdout, describeEvents(one));
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

/** Series of one table, or of one column of it, as tables: a row for each run, and as many metrics beside each other as fit. */
function describe(series: readonly HistorySeries[], width: number): string {
  const { source, schema, table, column } = series[0]!;
  const title = [source, schema, table].map(name).join('.') + (column === null ? '' : `, column ${name(column)}`);
  const tables: string[] = [];
  for (let from = 0; from < series.length; ) {
    let to = from + 1;
    let text = renderSeries(series.slice(from, to));
    for (; to < series.length; to++) {
      const wider = renderSeries(series.slice(from, to + 1));
      if (Math.max(...wider.split('\n').map(textWidth)) > width) break;
      text = wider;
    }
    tables.push(text);
    from = to;
  }
  return `${title}\n${tables.join('\n\n')}\n`;
}

function renderSeries(series: readonly HistorySeries[]): string {
  const runs = new Map<number, { time: number; judged: boolean; values: Map<string, number> }>();
  for (const { metric, points } of series)
    for (const { run, time, judged, value } of points) {
      const row = runs.get(run) ?? { time, judged, values: new Map<string, number>() };
      row.values.set(metric, value);
      runs.set(run, row);
    }
  const rows = [...runs]
    .sort(([a], [b]) => a - b)
    .map(([, { time, judged, values }]) => [
      formatTime(time),
      ...series.map(({ metric }) => {
        const value = values.get(metric);
        return value === undefined ? '' : formatNumber(value);
      }),
      judged ? '' : 'not judged',
    ]);
  const columns = [
    { title: 'as of' },
    ...series.map(({ metric }) => ({ title: metric, align: 'right' as const })),
    { title: '' },
  ];
  return renderTable(columns, rows);
}

/** Series that belong to one table or column, which come one after the other. */
function groups(series: readonly HistorySeries[]): HistorySeries[][] {
  const keyOf = ({ source, schema, table, column }: HistorySeries) => JSON.stringify([source, schema, table, column]);
  return [...groupBy(series, keyOf).values()];
}

/** Says what is there instead; `stored` are all series of the table. */
function nothingStored(
  tableName: string,
  metric: string | undefined,
  column: string | undefined,
  stored: readonly HistorySeries[],
): string {
  if (stored.length === 0) return `nothing is stored of table ${tableName}; "sentinel tables" lists what is looked at`;
  const list = (names: readonly (string | null)[]) => escapeControls([...new Set(names)].join(', '));
  const columns = stored.map((series) => series.column).filter((known) => known !== null);
  if (column !== undefined && !columns.includes(column))
    return `nothing is stored of column ${column} of table ${tableName}; stored columns: ${list(columns) || 'none'}`;
  const same = stored.filter((series) => series.column === (column ?? null)).map((series) => series.metric);
  const what = column === undefined ? `table ${tableName}` : `column ${column} of table ${tableName}`;
  const hint = column === undefined && stored.some((series) => series.metric === metric) ? ' (give a --column)' : '';
  return `metric ${metric} is not stored of ${what}${hint}; stored metrics: ${list(same) || 'none'}`;
}
