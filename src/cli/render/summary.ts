import { compareSeverity } from '#src/core/incidents/severity.js';
import type { Finding, Severity } from '#src/core/model/finding.js';
import type { TableProfile } from '#src/core/model/profile.js';
import { renderBox } from './box.js';
import { renderEntries } from './entries.js';
import { formatBytes, formatCount, formatDuration, formatNumber } from './format.js';
import { paint, SEVERITY_STYLE } from './style.js';
import type { Cell } from './table.js';
import { escapeControls, wrap } from './text-width.js';

/** What a run comes to; the fields of `--json`'s last line. */
export interface SummaryFigures {
  readonly run: string;
  readonly incomplete: boolean;
  readonly durationMs: number;
  readonly rows: number;
  /** CopyData payload received. */
  readonly bytes: number;
  readonly connectionsMax: number;
  readonly longestTransactionMs: number;
}

export interface SummaryInput {
  readonly figures: SummaryFigures;
  readonly findings: readonly Finding[];
  /** One entry per table; its columns are not looked at. */
  readonly outcomes: readonly TableProfile[];
  readonly sourceFailures: readonly { readonly source: string; readonly failure: { readonly message: string } }[];
}

export interface SummaryOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly color: boolean;
}

/** More would scroll the worst ones away; `--json` has them all. */
const MAX_BOXES = 10;
const MAX_ROWS = 40;

/** What a run found, for people: critical findings in boxes, then the rest worst first, what could not be judged, counts, cost. */
export function renderSummary(input: SummaryInput, options: SummaryOptions): string {
  const findings = [...input.findings].sort(worstFirst);
  const critical = findings.filter(({ severity }) => severity === 'critical');
  const boxed = critical.slice(0, MAX_BOXES);
  const parts = [
    ...boxed.map((finding) => renderFindingBox(finding, options)),
    renderFindings(findings.slice(boxed.length), options),
    renderNotJudged(input, options),
    renderCounts(input, options),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Worst severity first, then the highest score, then by name so that the order never depends on which table was read first. */
function worstFirst(a: Finding, b: Finding): number {
  const bySeverity = compareSeverity(b.severity, a.severity) || b.score - a.score;
  if (bySeverity !== 0) return bySeverity;
  const [nameA, nameB] = [subject(a), subject(b)];
  return nameA < nameB ? -1 : nameA > nameB ? 1 : 0;
}

function subject({ source, schema, table, column }: Finding): string {
  return [source, schema, table, column].filter((part) => part !== null && part !== undefined).join('.');
}

function renderFindingBox(finding: Finding, { width, color }: SummaryOptions): string {
  const title = `CRITICAL  ${subject(finding)}`;
  return renderBox(title, finding.message, { width, color, style: SEVERITY_STYLE.critical });
}

function renderFindings(findings: readonly Finding[], options: SummaryOptions): string {
  if (findings.length === 0) return '';
  const rows = findings
    .slice(0, MAX_ROWS)
    .map((finding): Cell[] => [
      { text: finding.severity, style: SEVERITY_STYLE[finding.severity] },
      subject(finding),
      finding.check,
      finding.message,
    ]);
  const columns = [{ title: 'severity' }, { title: 'where' }, { title: 'check' }, { title: 'what' }];
  return renderEntries(columns, rows, options) + more(findings.length - rows.length, 'finding');
}

function renderNotJudged({ outcomes, sourceFailures }: SummaryInput, options: SummaryOptions): string {
  const down = new Set(sourceFailures.map(({ source }) => source));
  const missing = [
    ...sourceFailures.map(({ source, failure }) => ({ status: 'failed', name: source, why: failure.message })),
    ...outcomes
      // The tables of a source that is down fail for its reason.
      .filter(({ status, source }) => status !== 'ok' && !(status === 'failed' && down.has(source)))
      .map(({ status, source, schema, table, failure }) => ({
        status,
        name: `${source}.${schema}.${table}`,
        why: failure?.message ?? '',
      })),
  ];
  if (missing.length === 0) return '';
  const rows = missing
    .slice(0, MAX_ROWS)
    .map(({ status, name, why }): Cell[] => [{ text: status, style: status === 'failed' ? 'red' : 'dim' }, name, why]);
  const columns = [{ title: 'not judged' }, { title: 'where' }, { title: 'why' }];
  return renderEntries(columns, rows, options) + more(missing.length - rows.length, 'table');
}

function more(count: number, noun: string): string {
  return count > 0 ? `\n… and ${formatCount(count, `more ${noun}`)} (--json lists them all)` : '';
}

function renderCounts({ figures, findings, outcomes }: SummaryInput, { color }: SummaryOptions): string {
  const count = (status: string) => outcomes.filter((outcome) => outcome.status === status).length;
  const tables = [`${formatCount(outcomes.length, 'table')} looked at`];
  for (const status of ['failed', 'skipped'])
    if (count(status) > 0) tables.push(`${formatNumber(count(status))} ${status}`);
  const bySeverity = (['critical', 'warn', 'info'] as const satisfies readonly Severity[])
    .map((severity) => ({ severity, number: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => paint(`${formatNumber(number)} ${severity}`, SEVERITY_STYLE[severity], color));
  const found =
    findings.length === 0 ? 'no findings' : `${formatCount(findings.length, 'finding')} (${bySeverity.join(', ')})`;
  const lines = [`Run ${escapeControls(figures.run)}: ${tables.join(', ')}; ${found}.`];
  if (figures.incomplete) lines.push(paint('Incomplete: not everything could be judged.', 'yellow', color));
  return [...lines, renderCost(figures)].join('\n');
}

/** What the run cost the watched databases, in one line. */
function renderCost({ durationMs, rows, bytes, connectionsMax, longestTransactionMs }: SummaryFigures): string {
  const parts = [
    formatDuration(durationMs),
    `${formatCount(rows, 'row')} and ${formatBytes(bytes)} read`,
    `at most ${formatCount(connectionsMax, 'connection')} to a source`,
    `longest transaction ${formatDuration(longestTransactionMs)}`,
  ];
  return `Cost: ${parts.join(', ')}.`;
}
