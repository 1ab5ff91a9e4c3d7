import type { Severity } from '#src/core/model/finding.js';
import type { ReportData, ReportFinding, ReportIncident, ReportSeries, ReportTable } from './report-data.js';

const RANK = { info: 1, warn: 2, critical: 3 } as const;
export const SEVERITIES: readonly Severity[] = ['critical', 'warn', 'info'];

/** The report with what the page looks up in it. */
export interface Model {
  readonly data: ReportData;
  /** Incidents people should look at: open and acknowledged ones, worst first. */
  readonly open: readonly ReportIncident[];
  /** Expected and muted ones. */
  readonly quiet: readonly ReportIncident[];
  /** How many tables there are, also where `data` holds some of them only. */
  readonly tables: number;
  /** Epoch seconds of the heat map's first day, as if in UTC. */
  readonly firstDay: number;
  /** Everything of a table, where `data` may hold its outline only. */
  whole(table: number): ReportTable;
  timesOf(series: ReportSeries): readonly number[];
  incidentsOf(table: number): readonly ReportIncident[];
  noticedOf(table: number): readonly ReportFinding[];
  /** Worst severity among the open incidents of a table, and what was noticed of it. */
  worstOf(table: number): Severity | null;
  tableAt(key: string): number | undefined;
}

export function createModel(data: ReportData, whole = (table: number) => data.tables[table]!): Model {
  const isQuiet = ({ state }: ReportIncident) => state === 'expected' || state === 'muted';
  const open = data.incidents.filter((incident) => !isQuiet(incident));
  const byTable = new Map<number, ReportIncident[]>();
  for (const incident of data.incidents)
    for (const table of tablesOf(incident)) byTable.set(table, [...(byTable.get(table) ?? []), incident]);
  const worst = new Map<number, Severity>();
  for (const { table, severity } of [...open.flatMap(({ findings }) => findings), ...data.noticed])
    if (table !== undefined && RANK[severity] > rank(worst.get(table))) worst.set(table, severity);
  const keys = new Map(data.tables.map((table, i) => [tableKey(table), i]));
  return {
    data,
    open,
    quiet: data.incidents.filter(isQuiet),
    tables: Object.values(data.totals).reduce((sum, each) => sum + each, 0),
    firstDay: Date.parse(`${data.heat.first}T00:00:00Z`) / 1000,
    whole,
    timesOf: (series) => data.axes[series.axis] ?? [],
    incidentsOf: (table) => byTable.get(table) ?? [],
    noticedOf: (table) => data.noticed.filter((finding) => finding.table === table),
    worstOf: (table) => worst.get(table) ?? null,
    tableAt: (key) => keys.get(key),
  };
}

/** Indices of the tables that an incident's findings are about, each once, worst finding first. */
export function tablesOf(incident: ReportIncident): number[] {
  return [...new Set(incident.findings.flatMap(({ table }) => (table === undefined ? [] : [table])))];
}

/** What a link to a table says: `batch.sales.orders`, with what is special in a name escaped. */
export function tableKey({ source, schema, table }: Pick<ReportTable, 'source' | 'schema' | 'table'>): string {
  return [source, schema, table].map((part) => encodeURIComponent(part).replaceAll('.', '%2E')).join('.');
}

export function rank(severity: Severity | null | undefined): number {
  return severity ? RANK[severity] : 0;
}
