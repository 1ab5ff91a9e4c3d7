import { name } from '#src/core/checks/sentence.js';
import { isCounted } from '#src/core/incidents/counted.js';
import { compareSeverity } from '#src/core/incidents/severity.js';
import type { Finding, Severity } from '#src/core/model/finding.js';
import type { Incident } from '#src/core/model/incident.js';
import type { TableProfile } from '#src/core/model/profile.js';
import { renderBox } from './box.js';
import { renderEntries } from './entries.js';
import { formatBytes, formatCount, formatDuration, formatNumber } from './format.js';
import { renderIncidents } from './incidents.js';
import { paint, SEVERITY_STYLE, type Style, stripStyles } from './style.js';
import type { Cell } from './table.js';
import { escapeControls, textWidth, wrap } from './text-width.js';

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
  /** Time that reading waited for replicas and slots; absent: none. */
  readonly waitedMs?: number;
  /** Hash of the audit trail's last event, for `audit verify --head`; absent or null: there is none. */
  readonly auditHead?: string | null;
}

export interface SummaryInput {
  readonly figures: SummaryFigures;
  readonly findings: readonly Finding[];
  /** What the findings belong to, worst first; absent: nothing. */
  readonly incidents?: readonly Incident[];
  /** One entry per table; its columns are not looked at. */
  readonly outcomes: readonly TableProfile[];
  readonly sourceFailures: readonly { readonly source: string; readonly failure: { readonly message: string } }[];
  /** Columns that could not be read in tables that otherwise could; absent: none. */
  readonly columnFailures?: readonly {
    readonly path: readonly string[];
    readonly failure: { readonly message: string };
  }[];
  /** Why checks could not judge; absent: all could. */
  readonly checkFailures?: readonly { readonly message: string }[];
  /** False where the run judged nothing (`profile`, or a stop before that); absent: it did. */
  readonly judged?: boolean;
  /** True where a signal ended the run. */
  readonly stopped?: boolean;
  /** Set where the store was away at the end. */
  readonly storeLoss?: { readonly missing: string } | null;
  /** True where `--resume` can go on with a run that was stopped. */
  readonly resumable?: boolean;
  /** Judged tables that no earlier run knows: nothing can be said of them yet. */
  readonly firstSeen?: number;
  /** Tables in `outcomes` that an earlier process of this run had read. */
  readonly resumed?: number;
}

export interface SummaryOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly color: boolean;
}

/** More would scroll the worst ones away; `--json` has them all. */
const MAX_BOXES = 10;
const MAX_ROWS = 25;
/** A line of words is not read well where it is longer. */
const MAX_TEXT_WIDTH = 120;

/** What a run found, for people: incidents (or findings) worst first, what could not be judged, counts, cost. */
export function renderSummary(input: SummaryInput, options: SummaryOptions): string {
  const { incidents = [], findings } = input;
  const parts = [
    ...(incidents.length > 0
      ? [renderIncidents(incidents, options), renderMentioned(findings, options)]
      : [renderFindings(findings, options)]),
    renderNotJudged(input, options),
    renderCounts(input, options),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** Beside incidents, information is a number. */
function renderMentioned(findings: readonly Finding[], { width }: SummaryOptions): string {
  const count = findings.filter(({ severity }) => severity === 'info').length;
  if (count === 0) return '';
  const text = `${formatCount(count, 'finding')} ${count === 1 ? 'is' : 'are'} for information only (--json lists ${count === 1 ? 'it' : 'them'}).`;
  return wrap(text, width).join('\n');
}

/** Critical findings in boxes, then the rest. */
function renderFindings(found: readonly Finding[], options: SummaryOptions): string {
  const findings = [...found].sort(worstFirst);
  const critical = findings.filter(({ severity }) => severity === 'critical');
  const boxed = critical.slice(0, MAX_BOXES);
  const parts = [
    ...boxed.map((finding) => renderFindingBox(finding, options)),
    renderRows(findings.slice(boxed.length), options),
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
  return [source, schema, table, column].flatMap((part) => (part == null ? [] : [name(part)])).join('.');
}

/** What was found, and what explains it. */
function sentences({ message, cause }: Finding): string {
  return cause === undefined ? message : `${message} ${cause}`;
}

function renderFindingBox(finding: Finding, { width, color }: SummaryOptions): string {
  const title = `CRITICAL  ${subject(finding)}`;
  return renderBox(title, [sentences(finding)], {
    width: Math.min(width, MAX_TEXT_WIDTH),
    color,
    style: SEVERITY_STYLE.critical,
  });
}

function renderRows(findings: readonly Finding[], options: SummaryOptions): string {
  if (findings.length === 0) return '';
  const rows = findings
    .slice(0, MAX_ROWS)
    .map((finding): Cell[] => [
      { text: finding.severity, style: SEVERITY_STYLE[finding.severity] },
      subject(finding),
      finding.check,
      sentences(finding),
    ]);
  const columns = [{ title: 'severity' }, { title: 'where' }, { title: 'check' }, { title: 'what' }];
  return renderEntries(columns, rows, options) + more(findings.length - rows.length, 'finding');
}

function renderNotJudged(
  { outcomes, sourceFailures, columnFailures = [], checkFailures = [] }: SummaryInput,
  options: SummaryOptions,
): string {
  const down = new Set(sourceFailures.map(({ source }) => source));
  const missing = [
    ...sourceFailures.map(({ source, failure }) => ({ status: 'failed', name: source, why: failure.message })),
    ...outcomes
      // The tables of a source that is down fail for its reason.
      .filter(({ status, source }) => status !== 'ok' && !(status === 'failed' && down.has(source)))
      .map(({ status, source, schema, table, failure }) => ({
        status,
        name: [source, schema, table].map(name).join('.'),
        why: failure?.message ?? '',
      })),
    ...columnFailures.map(({ path, failure }) => ({
      status: 'failed',
      name: path.map(name).join('.'),
      why: failure.message,
    })),
    ...checkFailures.map(({ message }) => ({ status: 'check', name: '', why: message })),
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

function renderCounts(input: SummaryInput, options: SummaryOptions): string {
  const { figures, findings, incidents = [], outcomes, judged = true, stopped = false, storeLoss = null } = input;
  const { color } = options;
  const count = (status: string) => outcomes.filter((outcome) => outcome.status === status).length;
  const tables = [`${formatCount(outcomes.length, 'table')} looked at`];
  for (const status of ['failed', 'skipped'])
    if (count(status) > 0) tables.push(`${formatNumber(count(status))} ${status}`);
  const bySeverity = (['critical', 'warn', 'info'] as const satisfies readonly Severity[])
    .map((severity) => ({ severity, number: findings.filter((finding) => finding.severity === severity).length }))
    .filter(({ number }) => number > 0)
    .map(({ severity, number }) => paint(`${formatNumber(number)} ${severity}`, SEVERITY_STYLE[severity], color));
  const all =
    findings.length === 0 ? 'no findings' : `${formatCount(findings.length, 'finding')} (${bySeverity.join(', ')})`;
  const counted = incidents.filter(isCounted).length;
  const found = counted === 0 ? all : `${formatCount(counted, 'incident')}, ${all}`;
  const head = `Run ${escapeControls(figures.run)}: ${tables.join(', ')}`;
  const lines = judged ? [`${head};`, `${found}.`] : [`${head}${stopped || storeLoss ? '; not judged' : ''}.`];
  const oneLine = lines.join(' ');
  return [
    // The line holds escape sequences where it is painted: it is broken at its only good place.
    ...(textWidth(stripStyles(oneLine)) <= options.width ? [oneLine] : lines),
    ...renderRemarks(input, options),
    ...wrap(renderCost(figures), options.width),
    // Not broken where it is too long: it is copied.
    ...(figures.auditHead ? [`Audit head: ${figures.auditHead}`] : []),
  ].join('\n');
}

/** What a reader of "no findings" must know besides. */
function renderRemarks(input: SummaryInput, { width, color }: SummaryOptions): string[] {
  const {
    figures,
    judged = true,
    stopped = false,
    firstSeen = 0,
    resumed = 0,
    resumable = false,
    storeLoss = null,
  } = input;
  const remarks: { text: string; style?: Style }[] = [];
  if (resumed > 0)
    remarks.push({
      text: `Went on with a run that had not come to its end: ${formatCount(resumed, 'table')} had been read before.`,
    });
  if (judged && firstSeen > 0)
    remarks.push({
      text: `${formatCount(firstSeen, 'table')} ${firstSeen === 1 ? 'was' : 'were'} looked at for the first time: there is no past yet to judge by.`,
    });
  if (stopped)
    remarks.push({
      text: resumable
        ? 'Stopped before its end: what is finished is kept; the same command with --resume goes on with the rest.'
        : 'Stopped before its end: nothing of its verdict is kept; run it again.',
      style: 'yellow',
    });
  else if (storeLoss)
    remarks.push({ text: 'Incomplete: the metadata store was lost on the way, see below.', style: 'yellow' });
  else if (figures.incomplete)
    remarks.push({ text: 'Incomplete: not everything could be judged, see above.', style: 'yellow' });
  return remarks.flatMap(({ text, style }) => wrap(text, width).map((line) => paint(line, style, color)));
}

/** What the run cost the watched databases, in one line. */
function renderCost(figures: SummaryFigures): string {
  const { durationMs, rows, bytes, connectionsMax, longestTransactionMs, waitedMs = 0 } = figures;
  if (connectionsMax === 0) return `Took ${formatDuration(durationMs)}; no source was read.`;
  const parts = [
    formatDuration(durationMs),
    `${formatCount(rows, 'row')} and ${formatBytes(bytes)} read`,
    `at most ${formatCount(connectionsMax, 'connection')} to a source`,
    `longest transaction ${formatDuration(longestTransactionMs)}`,
    ...(waitedMs > 0 ? [`${formatDuration(waitedMs)} waited for replicas or slots`] : []),
  ];
  return `Cost: ${parts.join(', ')}.`;
}
