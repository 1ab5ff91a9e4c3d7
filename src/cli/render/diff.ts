import type { RunSummary } from '#src/adapters/store/records.js';
import { name, printable } from '#src/core/checks/sentence.js';
import type { FindingDifferences } from '#src/core/diff/compare-findings.js';
import { type FigureDifference, isShare, type TableDifference } from '#src/core/diff/compare-runs.js';
import type { Finding } from '#src/core/model/finding.js';
import { renderEntries } from './entries.js';
import { formatCount, formatNumber, formatTime } from './format.js';
import { paint, SEVERITY_STYLE, type Style } from './style.js';
import { type Cell, renderTable } from './table.js';

export interface RunDifference extends FindingDifferences {
  readonly before: RunSummary;
  readonly after: RunSummary;
  readonly tables: readonly TableDifference[];
}

interface Look {
  readonly width: number;
  readonly color: boolean;
}

/** Figures shown of one table; the rest is counted. */
const MAX_FIGURES = 6;

/** What changed between two runs, for people. */
export function renderDiff({ before, after, tables, appeared, disappeared }: RunDifference, look: Look): string {
  const of = (change: TableDifference['change']) => tables.filter((table) => table.change === change);
  const changed = of('changed');
  const parts = [
    `${describeRun(before)}\n${describeRun(after)}`,
    section(
      'New tables',
      sizes(of('new'), ({ rowsAfter }) => rowsAfter, look),
      look,
    ),
    section(
      'Gone',
      sizes(of('gone'), ({ rowsBefore }) => rowsBefore, look),
      look,
    ),
    section('Shape', notes(changed), look),
    section('Figures', figures(changed, look), look),
    section('Not compared', notes(of('unread')), look),
    section('Found in the second run, not in the first', findings(appeared, look), look),
    section('Found in the first run, no longer in the second', findings(disappeared, look), look),
    ending(tables),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function describeRun({ label, state, command, asOf }: RunSummary): string {
  return `${label}  ${command}, ${state}, as of ${formatTime(asOf)}`;
}

function section(title: string, body: string, { color }: Look): string {
  return body === '' ? '' : `${paint(title, 'bold', color)}\n${body}`;
}

function sizes(
  tables: readonly TableDifference[],
  rows: (table: TableDifference) => number | null,
  look: Look,
): string {
  if (tables.length === 0) return '';
  const cells = tables.map((table) => {
    const count = rows(table);
    return [nameOf(table), count === null ? '' : formatNumber(count), printable(table.notes.join(' '))];
  });
  return renderTable([{ title: 'table' }, { title: 'rows', align: 'right' }, { title: '' }], cells, look);
}

function notes(tables: readonly TableDifference[]): string {
  return tables.flatMap((table) => table.notes.map((note) => `${nameOf(table)}: ${printable(note)}`)).join('\n');
}

function figures(tables: readonly TableDifference[], look: Look): string {
  const rows = tables.flatMap((table) => {
    const shown = table.figures.slice(0, MAX_FIGURES);
    const more = table.figures.length - shown.length;
    return [
      ...shown.map((figure, index) => figureRow(index === 0 ? nameOf(table) : '', figure)),
      ...(more > 0 ? [['', `and ${formatCount(more, 'more figure')} (--json)`, '', '', '']] : []),
    ];
  });
  if (rows.length === 0) return '';
  const right = (title: string) => ({ title, align: 'right' as const });
  return renderTable(
    [{ title: 'table' }, { title: 'figure' }, right('first'), right('second'), right('change')],
    rows,
    look,
  );
}

function figureRow(table: string, { column, metric, before, after, changePercent }: FigureDifference): Cell[] {
  const figure = column === null ? metric : `${name(column)}.${metric}`;
  const size = Math.abs(changePercent);
  const style: Style | undefined = size >= 50 ? 'red' : size >= 10 ? 'yellow' : undefined;
  const text = `${changePercent < 0 ? '−' : '+'}${size < 10 ? size.toFixed(1) : size.toFixed(0)} ${isShare(metric) ? 'points' : '%'}`;
  return [table, figure, formatNumber(before), formatNumber(after), style ? { text, style } : text];
}

function findings(found: readonly Finding[], look: Look): string {
  if (found.length === 0) return '';
  const rows = found.map((finding): Cell[] => [
    { text: finding.severity, style: SEVERITY_STYLE[finding.severity] },
    finding.message,
  ]);
  return renderEntries([{ title: 'severity' }, { title: 'finding' }], rows, look);
}

function ending(tables: readonly TableDifference[]): string {
  const same = tables.filter(({ change }) => change === 'same').length;
  if (tables.length === 0) return 'Neither run looked at such a table.';
  return same === tables.length
    ? `${formatCount(same, 'table')}, nothing changed.`
    : `${formatCount(same, 'other table')}: nothing changed.`;
}

function nameOf({ source, schema, table }: TableDifference): string {
  return [source, schema, table].map(name).join('.');
}
