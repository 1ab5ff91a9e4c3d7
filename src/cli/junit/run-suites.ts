import { isCounted } from '#src/core/incidents/counted.js';
import type { Failure } from '#src/core/model/failure.js';
import type { Finding } from '#src/core/model/finding.js';
import type { TableProfile } from '#src/core/model/profile.js';
import { type FailOn, isAtLeast } from '../exit-code.js';
import type { Found, RunTally } from '../run-view.js';
import type { JunitCase, JunitProblem, JunitSuite } from './junit-xml.js';

/** A suite for each source, a case for each table, and one for whatever else something is said of. */
export function runSuites(
  { outcomes, sourceFailures, columnFailures, checkFailures, stopped }: RunTally,
  found: Found,
  { sources, failOn }: { readonly sources: readonly string[]; readonly failOn: FailOn },
): JunitSuite[] {
  const cases = new Cases();
  for (const outcome of outcomes) cases.add(outcome.source, pathOf(outcome), caseOf(outcome));
  for (const { source, failure } of sourceFailures) cases.at(source, [source]).errors.push(problemOf(failure));
  for (const { path, failure } of columnFailures) {
    const [source, schema, table, column] = path;
    const where = column === undefined ? '' : `column ${column}: `;
    const { type, message } = problemOf(failure);
    cases.at(source!, [source!, schema!, table!]).errors.push({ type, message: where + message });
  }
  const counted = new Set(found.incidents.filter(isCounted).map(({ id }) => id));
  for (const finding of found.findings) {
    const one = cases.at(finding.source, pathOf(finding));
    if (fails(finding, counted, failOn)) one.failures.push(failureOf(finding));
    else one.notes.push(`${finding.severity}: ${finding.message}`);
  }
  const suites = sources.map((source) => ({ name: source, cases: cases.of(source) }));
  const problems = [...checkFailures.map(problemOf), ...(stopped ? [STOPPED] : [])];
  return problems.length === 0 ? suites : [...suites, wholeRun(problems)];
}

/** A run that ended before it had anything to say of tables: a scheduler must not take its last file for this one's. */
export function failedSuites(message: string): JunitSuite[] {
  return [wholeRun([{ type: 'ended_early', message }])];
}

const STOPPED: JunitProblem = { type: 'stopped', message: 'the run was stopped by a signal; tables are missing' };

type Draft = {
  -readonly [K in keyof JunitCase]: JunitCase[K] extends readonly (infer T)[] ? T[] : JunitCase[K];
};

class Cases {
  readonly #bySource = new Map<string, Map<string, Draft>>();

  add(source: string, path: readonly string[], one: Draft): void {
    const cases = this.#bySource.get(source) ?? new Map<string, Draft>();
    this.#bySource.set(source, cases.set(JSON.stringify(path), one));
  }

  /** The case of a path that begins with its source, made where there is none. */
  at(source: string, path: readonly string[]): Draft {
    const existing = this.#bySource.get(source)?.get(JSON.stringify(path));
    if (existing) return existing;
    const one = draft(path);
    this.add(source, path, one);
    return one;
  }

  of(source: string): JunitCase[] {
    return [...(this.#bySource.get(source)?.values() ?? [])];
  }
}

/** `source.schema`, `table`; what is about no table is named by the last that is known. */
function draft(path: readonly string[], durationMs = 0): Draft {
  const name = path.at(-1)!;
  return { className: path.slice(0, -1).join('.') || name, name, durationMs, failures: [], errors: [], notes: [] };
}

function caseOf(outcome: TableProfile): Draft {
  const one = draft(pathOf(outcome), outcome.durationMs);
  const { status, failure } = outcome;
  if (status === 'skipped') return { ...one, skipped: failure?.message ?? 'skipped' };
  if (status === 'failed') one.errors.push(failure ? problemOf(failure) : { type: 'failed', message: 'not read' });
  return one;
}

function pathOf({ source, schema, table, object }: Pick<Finding, 'source' | 'schema' | 'table' | 'object'>): string[] {
  return [source, schema, table, object].flatMap((part) => part ?? []);
}

/** As the exit code counts: what people have muted or expect fails nothing. */
function fails({ severity, incident }: Finding, counted: ReadonlySet<string>, failOn: FailOn): boolean {
  return isAtLeast(severity, failOn) && (severity === 'info' || (incident !== undefined && counted.has(incident)));
}

function failureOf({ check, severity, message, cause, column, metric, incident }: Finding): JunitProblem {
  const facts = { severity, incident, column, metric };
  const lines = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]));
  return { type: check, message, text: [message, ...(cause === undefined ? [] : [cause]), ...lines].join('\n') };
}

function problemOf({ code, message }: Failure): JunitProblem {
  return { type: code, message };
}

function wholeRun(errors: readonly JunitProblem[]): JunitSuite {
  return { name: 'sentinel', cases: [{ ...draft(['sentinel', 'run']), errors }] };
}
