import type { StoredHistory } from '#src/adapters/store/load-histories.js';
import { type DatasetName, ENDED, type RunSummary, type TaskSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { TablePolicy } from '#src/config/policy.js';
import type { TableMatcher, TableName } from '#src/config/table-glob.js';
import { findInsertTime } from '#src/core/checks/index.js';
import { groupBy } from '#src/core/group-by.js';
import { UNRESOLVED } from '#src/core/incidents/counted.js';
import { nextStep } from '#src/core/incidents/next-step.js';
import { ofFindings, type Touched, type TouchedBy } from '#src/core/lineage/touched.js';
import { FRESHNESS_METRIC } from '#src/core/metrics/index.js';
import type { Finding } from '#src/core/model/finding.js';
import type { TableHistory } from '#src/core/model/history.js';
import type { Incident } from '#src/core/model/incident.js';
import { Axes } from './collect/axes.js';
import { HEAT_DAYS, heatDays } from './collect/heat.js';
import { seconds } from './collect/rounding.js';
import { tableKey } from './collect/table-key.js';
import type { HowJudged } from './collect/table-series.js';
import { reportTable } from './collect/tables.js';
import type {
  EarlierTables,
  ReportData,
  ReportFinding,
  ReportIncident,
  ReportSeries,
  ReportTable,
} from './report-data.js';

export interface CollectOptions {
  /** The run that is reported, with everything the store knew then. */
  readonly run: RunSummary;
  readonly madeAt: Date;
  /** Names of the sources to report. */
  readonly sources: readonly string[];
  readonly wanted: TableMatcher;
  readonly tablePolicy: (name: TableName) => Omit<TablePolicy, 'match'>;
  readonly judge: HowJudged;
  /** True where values that look personal are to be shown. */
  readonly unmask: boolean;
}

/** Reads the report of a run from the store. Only the newest profile of a table is kept, so an older run has no column figures. */
export async function collectReport(store: Store, options: CollectOptions): Promise<ReportData> {
  const { run, sources, wanted, madeAt } = options;
  const heat = heatDays(run.asOf);
  const found = await store.findingsOf(run.id);
  const tasksOf = tasksByRun(store, wanted);
  const tasks = await tasksOf(run.id);
  const failures = new Map(
    (await store.newestSourceFailures(run.id, sources)).map(({ source, failure }) => [source, failure]),
  );
  const past = await store.readPast({ since: heat.start, run: run.id, sources });
  const measured = new Map(past.measured.map((table) => [tableKey(table), table]));
  const pastFindings = groupBy(past.findings, tableKey);
  const reported = (finding: Finding) => isReported(finding, sources, wanted);
  const incidents = (await incidentsOf(store, run)).filter((incident) => incident.findings.some(reported));
  const noticed = found.filter((finding) => finding.incident === undefined && reported(finding));
  const findings = groupBy(
    [...incidents.flatMap((incident) => incident.findings), ...noticed].filter(isOfTable),
    tableKey,
  );
  const seen = new Map((await store.listRuns({ limit: SEEN_RUNS })).map(({ id, asOf }) => [id, asOf]));
  const touchedBy = await store.touchedBy(sources);
  const axes = new Axes();
  const tables: ReportTable[] = [];
  const earlier: ReportTable[] = [];
  const pictures = new Map<Finding, ReportSeries>();
  const metrics = [...new Set([...DRAWN_METRICS, ...[...findings.values()].flat().map(({ metric }) => metric)])];
  const wantedHistories = { now: run.asOf, sources, scope: 'latest', points: HEAT_DAYS, metrics } as const;
  for await (const page of store.loadHistories(run.id, wantedHistories))
    for (const history of page.filter(wanted)) {
      const key = tableKey(history);
      const ofTable = findings.get(key) ?? [];
      // a table that went long ago is no news, unless it still is an incident
      if (history.shape === null && history.run !== run.id && ofTable.length === 0) continue;
      // one that an earlier run could not read is not read yet
      const task = (history.profile === null ? await tasksOf(history.run) : tasks).get(key)?.[0];
      const report = reportTable(declared(history, options), {
        axes,
        about: { ...about(options.tablePolicy(history)), ...touchedOf(touchedBy(history.source, [history])) },
        unmask: options.unmask,
        judge: options.judge,
        heatStart: heat.start,
        task,
        seenAt: seen.get(history.run),
        measured: measured.get(key),
        pastFindings: pastFindings.get(key) ?? [],
        findings: ofTable,
      });
      tables.push(report.table);
      if (report.table.state === 'judged' && !tasks.has(key)) earlier.push(report.table);
      for (const [finding, series] of report.pictures) pictures.set(finding, series);
    }
  tables.sort((a, b) => compareNames(a, b));
  const indexOf = new Map(tables.map((table, i) => [tableKey(table), i]));
  return {
    version: 1,
    madeAt: seconds(madeAt.getTime()),
    run: {
      label: run.label,
      asOf: seconds(run.asOf),
      judged: isJudged(run, [...tasks.values()].flat()) || found.length > 0,
      finished: run.state === 'finished',
    },
    sources: sources.map((name) => {
      const failure = failures.get(name);
      return failure ? { name, failure: failure.message } : { name };
    }),
    incidents: incidents.map((incident) => reportIncident(incident, touchedBy, indexOf, pictures)),
    noticed: noticed.map((finding) => reportFinding(finding, indexOf, pictures)),
    axes: axes.list,
    heat: { first: heat.first, count: heat.count },
    totals: totalsOf(tables),
    ...(earlier.length > 0 && { earlier: earlierOf(earlier) }),
    tables,
  };
}

/** What became of each table in a run; runs that were asked for are kept. */
function tasksByRun(store: Store, wanted: TableMatcher) {
  const known = new Map<number, Promise<Map<string, TaskSummary[]>>>();
  return (run: number) => {
    const tasks = known.get(run) ?? store.tasksOf(run).then((all) => groupBy(all.filter(wanted), tableKey));
    known.set(run, tasks);
    return tasks;
  };
}

/** False where a run only profiled, or was stopped before it judged. */
function isJudged({ command, state }: RunSummary, tasks: readonly TaskSummary[]): boolean {
  return tasks.length === 0 ? command !== 'profile' && state === 'finished' : tasks.some(({ judged }) => judged);
}

function earlierOf(tables: readonly ReportTable[]): EarlierTables {
  const seen = tables.flatMap(({ seenAt }) => seenAt ?? []);
  return { tables: tables.length, ...(seen.length > 0 && { oldest: Math.min(...seen) }) };
}

function totalsOf(tables: readonly ReportTable[]): ReportData['totals'] {
  const totals = { judged: 0, learning: 0, failed: 0, skipped: 0, gone: 0 };
  for (const { state } of tables) totals[state]++;
  return totals;
}

/** Series that a table's page shows, run by run; of the others only those that a finding is about. */
const DRAWN_METRICS = ['row_count', FRESHNESS_METRIC, 'null_rate', 'mean'];

/** Runs whose clocks are looked up: a table that none of them looked at has no time. */
const SEEN_RUNS = 5_000;

function reportIncident(
  { id, state, severity, title, cause, since, findings }: Incident,
  touchedBy: TouchedBy,
  indexOf: ReadonlyMap<string, number>,
  pictures: ReadonlyMap<Finding, ReportSeries>,
): ReportIncident {
  const next = nextStep(findings);
  return {
    id,
    state,
    severity,
    title,
    cause,
    ...(next !== null && { nextStep: next }),
    ...touchedOf(ofFindings(touchedBy, findings)),
    since: seconds(Date.parse(since)),
    findings: findings.map((finding) => reportFinding(finding, indexOf, pictures)),
  };
}

function reportFinding(
  finding: Finding,
  indexOf: ReadonlyMap<string, number>,
  pictures: ReadonlyMap<Finding, ReportSeries>,
): ReportFinding {
  const table = isOfTable(finding) ? indexOf.get(tableKey(finding)) : undefined;
  const series = pictures.get(finding);
  return {
    severity: finding.severity,
    check: finding.check,
    message: finding.message,
    ...(table !== undefined && { table }),
    ...(finding.column !== undefined && { column: finding.column }),
    ...(series && { series }),
  };
}

/** The unresolved ones of now; of an older run, those that it found. */
async function incidentsOf(store: Store, { id }: RunSummary): Promise<readonly Incident[]> {
  const newest = await store.latestRun({ states: ENDED });
  return store.listIncidents(newest?.id === id ? { states: UNRESOLVED } : { run: id });
}

function declared(history: StoredHistory, { tablePolicy, run }: CollectOptions): TableHistory {
  const { insertTime } = tablePolicy(history);
  return {
    ...history,
    insertTime: history.profile && findInsertTime(history.profile, run.asOf, insertTime ?? history.events?.column),
  };
}

/** What is empty takes no room in the file. */
function touchedOf({ feeds, referencedBy }: Touched): Partial<Touched> {
  return { ...(feeds.length > 0 && { feeds }), ...(referencedBy.length > 0 && { referencedBy }) };
}

function about({ owner, description }: Omit<TablePolicy, 'match'>) {
  return {
    ...(owner !== undefined && { owner }),
    ...(description !== undefined && { description }),
  };
}

function isOfTable(finding: Finding): finding is Finding & DatasetName {
  return finding.schema !== null && finding.table !== null;
}

function isReported(finding: Finding, sources: readonly string[], wanted: TableMatcher): boolean {
  return isOfTable(finding) ? sources.includes(finding.source) && wanted(finding) : sources.includes(finding.source);
}

function compareNames(a: DatasetName, b: DatasetName): number {
  const [one, other] = [tableKey(a), tableKey(b)];
  return one < other ? -1 : Number(one > other);
}
