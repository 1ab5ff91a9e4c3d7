import type { CliResult } from '../cli.js';
import type { RunContent } from './last-run.js';
import { type Fate, type Said, said } from './said.js';
import { PASSWORD } from './server.js';

/** What a run says of itself that must be so. */
export interface Truth {
  /**
   * `complete`: it got over the fault and every table has its figures. `incomplete`: exit 2, and what has none is named.
   * `any`: one of these, by chance. `refused`: exit 3, nothing done. `store lost`: exit 2, the store could not take
   * everything; `store lost, perhaps`: that or `complete`. `stopped`: a signal ended it.
   */
  readonly ends: 'complete' | 'incomplete' | 'any' | 'refused' | 'store lost' | 'store lost, perhaps' | 'stopped';
  /** Something that the reason given for what is missing must say. */
  readonly says?: RegExp;
  /** Tables of the victim that may be `skipped`, have other figures, or be missing. */
  readonly changed?: readonly string[];
  /** The signal that was sent, where it was stopped. */
  readonly signal?: NodeJS.Signals;
  /** Findings that are there for good reasons, as `check table`. */
  readonly findings?: readonly string[];
}

/** Everything in what a run said that is not true, or not fit for a person. */
export function untruths(result: CliResult, truth: Truth): string[] {
  const words = said(result, truth.ends === 'stopped');
  return [
    ...unfit(result),
    ...unexplained(words, result.stderr, truth),
    ...misread(words, truth),
    ...misended(words, result, truth),
  ];
}

/** What nobody should ever read. */
function unfit({ stdout, stderr }: CliResult): string[] {
  const problems: string[] = [];
  if (/^\s+at .+[:(]\d+|Unhandled|Uncaught/m.test(stderr)) problems.push(`a stack trace:\n${stderr}`);
  if ((stdout + stderr).includes(PASSWORD)) problems.push('it told a password');
  return problems;
}

/** What a run may find of a source that it could not list; of its tables it finds nothing. */
const AWAY = 'unreachable null';

/** Findings that only the fault explains, and failures that nothing does. */
function unexplained(
  { findings, reasons, sources }: Said,
  stderr: string,
  { findings: allowed = [], says }: Truth,
): string[] {
  const problems = findings
    .filter((finding) => !(finding === AWAY ? sources.length > 0 : allowed.includes(finding)))
    .map((finding) => `the fault became a finding: ${finding}`);
  if (reasons.some(({ code, message }) => !code || !message)) problems.push('something failed without a reason');
  const text = [stderr, ...reasons.map(({ message }) => message)].join('\n');
  if (says && !says.test(text)) problems.push(`it does not say ${says}: ${text}`);
  return problems;
}

/** Figures that are not those of the table. */
function misread({ fates, tables }: Said, truth: Truth): string[] {
  const problems: string[] = [];
  for (const fate of fates) {
    const { source, table, rows, line } = fate;
    if (line?.status === 'ok' && line.rowCount !== rows && !mayDiffer(fate, truth))
      problems.push(`${source}.${table} has ${rows} rows, not ${line.rowCount}`);
    if (line && line.status !== 'ok' && line.rowCount != null)
      problems.push(`${source}.${table} was not read and has ${line.rowCount} rows`);
  }
  const names = tables.map(({ source, table }) => `${source}.${table}`);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [...problems, ...twice.map((name) => `${name} is told twice`)];
}

/** An end that is not what came of the tables. */
function misended(words: Said, { code, signal, stderr }: CliResult, truth: Truth): string[] {
  const { sources, summary, findings, reasons, text } = words;
  const problems: string[] = [];
  const unread = unreadOf(words, truth);
  const complete = unread.length === 0 && sources.length === 0;
  const storeLost = truth.ends.startsWith('store lost') && code === 2;
  const names = unread.map(({ source, table }) => `${source}.${table}`).join(', ');

  // findings for good reasons beat what is incomplete
  const told = code === 1 && findings.some((finding) => finding !== AWAY);
  if (!told && !expectedCodes(truth, complete).includes(code) && !(code === null && signal === truth.signal))
    problems.push(`it ended with ${code ?? signal}, unread: ${names || 'nothing'}; ${stderr.trim()}`);
  if (truth.ends === 'complete' && !complete) problems.push(`not read: ${names}: ${reasons[0]?.message}`);
  if (truth.ends === 'refused' && text !== '') problems.push(`refused, it said ${text.slice(0, 200)}`);
  if (['complete', 'incomplete', 'any'].includes(truth.ends)) {
    if (summary?.incomplete !== !complete)
      problems.push(`incomplete: ${summary?.incomplete}, unread: ${names || 'nothing'}; ${stderr.trim()}`);
    if (unread.some(({ source }) => source === 'cdc')) problems.push(`the other source is not complete: ${names}`);
  }
  if (summary && truth.ends !== 'stopped' && !storeLost)
    for (const { source, table, line } of unread)
      if (!line && !sources.some((failed) => failed.source === source))
        problems.push(`nothing is said of ${source}.${table}`);
  return problems;
}

/** Tables without figures. One of which nothing is said may have been told by an earlier process of the same run. */
function unreadOf({ fates, summary }: Said, truth: Truth): Fate[] {
  let toldBefore = Number(summary?.resumed ?? 0);
  return fates.filter((fate) => {
    const { line } = fate;
    if (!line && toldBefore-- > 0) return false;
    return line?.status !== 'ok' && (line?.status === 'failed' || !mayDiffer(fate, truth));
  });
}

function expectedCodes({ ends, signal }: Truth, complete: boolean): readonly (number | null)[] {
  const judged = complete ? 0 : 2;
  return {
    complete: [0],
    incomplete: [2],
    any: [judged],
    refused: [3],
    'store lost': [2],
    'store lost, perhaps': [judged, 2],
    // it may have come to its end before
    stopped: [0, signal === 'SIGINT' ? 130 : 143],
  }[ends];
}

const mayDiffer = ({ source, table }: Fate, { changed }: Truth) =>
  source === 'batch' && changed?.includes(table) === true;

/** What the next, undisturbed run must be like. */
export function expectedEnds(reference: RunContent, { changed }: Truth): Truth {
  const findings = reference
    .filter((line) => line.startsWith('findings '))
    .map((line) => JSON.parse(line.slice('findings '.length)) as { check: string; table: string })
    .map(({ check, table }) => `${check} ${table.split('.').at(-1)}`);
  return { ends: 'complete', findings, ...(changed && { changed }) };
}
