/** One thing that was looked at. */
export interface JunitCase {
  readonly className: string;
  readonly name: string;
  readonly durationMs: number;
  /** What is wrong with it: each is one `<failure>`. */
  readonly failures: readonly JunitProblem[];
  /** Why it could not be looked at: each is one `<error>`. */
  readonly errors: readonly JunitProblem[];
  /** Why it was left out on purpose. */
  readonly skipped?: string;
  /** What there is to say of one that passes all the same. */
  readonly notes: readonly string[];
}

export interface JunitProblem {
  readonly type: string;
  readonly message: string;
  /** More than one line, where there is more to say. */
  readonly text?: string;
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/**
 * Test results in the XML that CI systems read: the elements and attributes that Jenkins, GitLab and GitHub's report actions have in
 * common.
 */
export function junitXml(
  suites: readonly JunitSuite[],
  { startedAt, durationMs }: { readonly startedAt: Date; readonly durationMs: number },
): string {
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({ name: 'sentinel', ...counts(all), time: seconds(durationMs) })}>`,
    ...suites.flatMap(({ name, cases }) => [
      `  <testsuite${attributes({ name, ...counts(cases), time: seconds(sum(cases)), timestamp: startedAt.toISOString() })}>`,
      ...cases.map(caseXml),
      '  </testsuite>',
    ]),
    '</testsuites>\n',
  ].join('\n');
}

function caseXml({ className, name, durationMs, failures, errors, skipped, notes }: JunitCase): string {
  const inside = [
    ...errors.map((problem) => problemXml('error', problem)),
    ...failures.map((problem) => problemXml('failure', problem)),
    ...(skipped === undefined ? [] : [`<skipped${attributes({ message: skipped })}/>`]),
    ...(notes.length === 0 ? [] : [`<system-out>${escapeXml(notes.join('\n'))}</system-out>`]),
  ];
  const start = `    <testcase${attributes({ classname: className, name, time: seconds(durationMs) })}`;
  return inside.length === 0
    ? `${start}/>`
    : `${start}>\n${inside.map((line) => `      ${line}\n`).join('')}    </testcase>`;
}

function problemXml(element: 'failure' | 'error', { type, message, text }: JunitProblem): string {
  return `<${element}${attributes({ type, message })}>${escapeXml(text ?? message)}</${element}>`;
}

function counts(cases: readonly JunitCase[]): Record<string, string> {
  const count = (has: (one: JunitCase) => boolean) => String(cases.filter(has).length);
  return {
    tests: String(cases.length),
    failures: count(({ failures, errors }) => failures.length > 0 && errors.length === 0),
    errors: count(({ errors }) => errors.length > 0),
    skipped: count(({ skipped }) => skipped !== undefined),
  };
}

function sum(cases: readonly JunitCase[]): number {
  return cases.reduce((total, { durationMs }) => total + durationMs, 0);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`)
    .join('');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  // A parser makes spaces of them in attributes.
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
};

/** Characters that XML 1.0 cannot hold at all, not even escaped, become U+FFFD: a table may be named by them. */
function escapeXml(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"\t\n\r]/g, (found) => ENTITIES[found]!);
}
