import { ALL_TABLES, byHeat, type createTableFinder } from './find-tables.js';
import { type Model, tablesOf } from './model.js';
import type { ReportData, ReportFinding, ReportIncident, ReportSeries, ReportTable } from './report-data.js';

/** Tables of the heat map, of the list, and of each state that is told of, in an overview. */
const HEAT_TABLES = 60;
const LISTED_TABLES = 100;
const UNJUDGED_TABLES = 100;
/** Findings of one incident, and pictures among them, in an overview; the table pages have the rest. */
const MAX_FINDINGS = 20;

/** What the first screen shows, of however many tables: a report that holds those tables alone. */
export function overviewSlice(model: Model, find: ReturnType<typeof createTableFinder>): ReportData {
  const { data } = model;
  const incidents = data.incidents.map(shortened);
  const ofState = (...states: readonly ReportTable['state'][]) =>
    [...data.tables.keys()].filter((index) => states.includes(data.tables[index]!.state)).slice(0, UNJUDGED_TABLES);
  const inPicture = new Set([...incidents.flatMap(tablesOf), ...byHeat(model).slice(0, HEAT_TABLES)]);
  const named = new Set([
    ...inPicture,
    ...find(ALL_TABLES).slice(0, LISTED_TABLES),
    ...ofState('failed', 'skipped'),
    ...ofState('learning'),
  ]);
  return slice(model, [...named], {
    incidents,
    noticed: data.noticed.slice(0, MAX_FINDINGS),
    table: (table, index) => (inPicture.has(index) ? pictured(table) : listed(table)),
  });
}

/** Rows of the list of tables. */
export function listSlice(model: Model, indices: readonly number[]): ReportData {
  const { data } = model;
  const wanted = new Set(indices);
  const isOf = ({ table }: ReportFinding) => table !== undefined && wanted.has(table);
  return slice(model, indices, {
    // their severity is shown, nothing else
    incidents: data.incidents
      .filter(({ findings }) => findings.some(isOf))
      .map((incident) => ({ ...incident, findings: incident.findings.filter(isOf).map(withoutPicture) })),
    noticed: data.noticed.filter(isOf).map(withoutPicture),
    table: listed,
  });
}

/** Everything that is known of one table. */
export function tableSlice(model: Model, index: number): ReportData {
  return slice(model, [index], {
    incidents: model.incidentsOf(index).map(shortened),
    noticed: model.noticedOf(index),
    table: (table) => table,
  });
}

/** One incident with its pictures; without any where the report does not hold it, as when it is over. */
export function incidentSlice(model: Model, id: string): ReportData {
  const incidents = model.data.incidents.filter((incident) => incident.id === id).map(shortened);
  const tables = [...new Set(incidents.flatMap(tablesOf))];
  return slice(model, tables, { incidents, noticed: [], table: listed });
}

interface SliceOptions extends Pick<ReportData, 'incidents' | 'noticed'> {
  readonly table: (table: ReportTable, index: number) => ReportTable;
}

/** The report with some of its tables, in the order of the whole, and with what they refer to. */
function slice(model: Model, indices: readonly number[], { incidents, noticed, table }: SliceOptions): ReportData {
  const { data } = model;
  const kept = [...indices].sort((a, b) => a - b);
  const newIndex = new Map(kept.map((index, i) => [index, i]));
  const axes: (readonly number[])[] = [];
  const newAxis = new Map<number, number>();
  const ofSeries = (series: ReportSeries): ReportSeries => {
    if (!newAxis.has(series.axis)) newAxis.set(series.axis, axes.push(data.axes[series.axis]!) - 1);
    return { ...series, axis: newAxis.get(series.axis)! };
  };
  const ofFinding = ({ table: index, series, ...finding }: ReportFinding): ReportFinding => {
    const at = index === undefined ? undefined : newIndex.get(index);
    return { ...finding, ...(at !== undefined && { table: at }), ...(series && { series: ofSeries(series) }) };
  };
  const ofTable = ({ volume, rowCount, freshness, ...rest }: ReportTable): ReportTable => ({
    ...rest,
    ...(volume && { volume: ofSeries(volume) }),
    ...(rowCount && { rowCount: ofSeries(rowCount) }),
    ...(freshness && { freshness: ofSeries(freshness) }),
  });
  return {
    ...data,
    incidents: incidents.map((incident) => ({ ...incident, findings: incident.findings.map(ofFinding) })),
    noticed: noticed.map(ofFinding),
    tables: kept.map((index) => ofTable(table(model.whole(index), index))),
    axes, // last: those above fill it
  };
}

function shortened(incident: ReportIncident): ReportIncident {
  const { findings } = incident;
  if (findings.length <= MAX_FINDINGS) return incident;
  const short = { ...incident, findings: findings.slice(0, MAX_FINDINGS) };
  const tables = tablesOf(incident).length - tablesOf(short).length;
  return { ...short, omitted: { findings: findings.length - MAX_FINDINGS, tables } };
}

function withoutPicture({ series: _, ...finding }: ReportFinding): ReportFinding {
  return finding;
}

/** What the heat map and the list show: rows run by run only where those by insert time are not known. */
function pictured({ freshness: _, rowCount, ...table }: ReportTable): ReportTable {
  return { ...table, ...(!table.volume && rowCount && { rowCount }), columns: [], changes: [] };
}

/** What a row of the list shows: one line without its band, and why a table was not judged. */
function listed({
  source,
  schema,
  table,
  state,
  reason,
  heat,
  rows,
  newest,
  volume,
  rowCount,
}: ReportTable): ReportTable {
  return {
    ...{ source, schema, table, state, heat, changes: [], columns: [] },
    ...(reason !== undefined && { reason }),
    ...(rows !== undefined && { rows }),
    ...(newest && { newest }),
    ...(volume ? { volume: withoutBand(volume) } : rowCount && { rowCount: withoutBand(rowCount) }),
  };
}

function withoutBand({ band: _, ...line }: ReportSeries): ReportSeries {
  return line;
}
