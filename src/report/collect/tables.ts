import type { StoredHistory } from '#src/adapters/store/load-histories.js';
import { type MeasuredTable, measuredDays, type PastFinding } from '#src/adapters/store/read-past.js';
import type { TaskSummary } from '#src/adapters/store/records.js';
import type { Finding } from '#src/core/model/finding.js';
import type { TableHistory } from '#src/core/model/history.js';
import type { ReportSeries, ReportTable } from '../report-data.js';
import type { Axes } from './axes.js';
import { reportColumns } from './columns.js';
import { type HeatInput, heatRow } from './heat.js';
import { seconds } from './rounding.js';
import { type HowJudged, TableSeries } from './table-series.js';

/** Judged runs that a table without event-time history needs before more than plain rules can say anything. */
const MIN_JUDGED_RUNS = 3;

/** What a table is made from besides its history. */
export interface TableContext {
  readonly axes: Axes;
  readonly about: Pick<ReportTable, 'owner' | 'description' | 'feeds' | 'referencedBy'>;
  readonly unmask: boolean;
  readonly judge: HowJudged;
  /** The first day of the heat map, epoch milliseconds. */
  readonly heatStart: number;
  /** Outcome in the reported run; absent where the run did not look at it. */
  readonly task: TaskSummary | undefined;
  /** Clock of the run that looked at it last, epoch milliseconds. */
  readonly seenAt: number | undefined;
  readonly measured: MeasuredTable | undefined;
  readonly pastFindings: readonly PastFinding[];
  /** Findings of incidents that are not resolved. */
  readonly findings: readonly Finding[];
}

export interface TableReport {
  readonly table: ReportTable;
  /** Pictures of `findings`, by finding. */
  readonly pictures: ReadonlyMap<Finding, ReportSeries>;
}

/** One table of the report, with the pictures of what was found of it. */
export function reportTable(history: TableHistory, context: TableContext): TableReport {
  const { axes, findings, pastFindings, measured, heatStart, seenAt } = context;
  const series = new TableSeries(history, axes, context.judge, findings.length === 0);
  const volume = series.volume(findings);
  const rowCount = series.rowCount();
  const freshness = series.freshness();
  const pictures = new Map<Finding, ReportSeries>();
  const others: HeatInput['others'][number][] = [];
  const dated: HeatInput['dated'][number][] = [];
  const told = new Set<string>();
  for (const finding of findings) {
    const picture = series.of(finding);
    if (!picture) continue;
    pictures.set(finding, picture.series);
    if (picture.days.length === 0) continue;
    others.push(picture.judged);
    for (const time of picture.days) dated.push({ time, severity: finding.severity });
    told.add(finding.message);
  }
  const insertTime = history.insertTime;
  const { source, schema, table, profile } = history;
  return {
    pictures,
    table: {
      source,
      schema,
      table,
      ...context.about,
      ...stateOf(history, context.task, volume?.series),
      ...(seenAt !== undefined && { seenAt: seconds(seenAt) }),
      ...(profile?.rowCount !== undefined && { rows: profile.rowCount }),
      ...(insertTime?.newest != null && { newest: { column: insertTime.column, at: seconds(insertTime.newest) } }),
      heat: heatRow(
        {
          measured: measured ? measuredDays(measured) : [],
          // what a picture dates is not dated by its run
          findings: pastFindings.filter(({ message }) => !told.has(message)),
          volume: volume?.judged ?? null,
          ...{ others, dated },
        },
        heatStart,
      ),
      ...(volume && { volume: volume.series }),
      ...(rowCount && { rowCount }),
      ...(freshness && { freshness }),
      changes: pastFindings
        .filter(({ check }) => check === 'schema')
        .map(({ time, message }) => ({ at: seconds(time), text: message }))
        .reverse(),
      columns: reportColumns(history, context.unmask),
    },
  };
}

function stateOf(
  history: StoredHistory,
  task: TaskSummary | undefined,
  volume: ReportSeries | undefined,
): Pick<ReportTable, 'state' | 'reason'> {
  if (task && (task.state === 'failed' || task.state === 'skipped'))
    return { state: task.state, ...(task.failure && { reason: task.failure.message }) };
  if (history.shape === null) return { state: 'gone', reason: 'it no longer exists' };
  if (history.profile === null) return { state: 'skipped', reason: 'its figures are of a later run' };
  if (!task)
    return { state: 'judged', reason: 'this run did not look at it; what is shown is of the last one that did' };
  const runs = (history.tableSeries.row_count ?? []).length;
  if (volume?.band || runs >= MIN_JUDGED_RUNS) return { state: 'judged' };
  const seen = runs === 0 ? 'seen for the first time' : `judged in ${runs === 1 ? 'one run' : `${runs} runs`} before`;
  return { state: 'learning', reason: seen };
}
