import { maskCredentials } from './redact.js';

/** One thing that is wrong with the configuration. */
export interface Problem {
  /** Variable, or path inside sentinel.yaml such as `tables[0].freshness`. */
  readonly setting: string;
  /** File it was read from, relative to the working directory; absent for the real environment. */
  readonly file?: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based. */
  readonly column?: number;
  /** What was found, already safe to print; absent where nothing is set or where it may be a secret. */
  readonly found?: string;
  /** What is allowed, as a noun phrase. */
  readonly allowed: string;
  /** What to do, as an imperative. */
  readonly fix: string;
}

/** Everything wrong with the configuration at once; its message is ready to print. The process exits with 3. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly Problem[]) {
    super(formatProblems(problems));
  }
}

/** True where a setting was found wrong before: a rule over several settings says nothing of one that is not known. */
export function isReported(setting: string, problems: readonly Problem[]): boolean {
  return problems.some((problem) => problem.setting === setting);
}

/** A broken file may have a problem in each of thousands of lines. */
const MAX_SHOWN = 40;

/** All problems as text for a person: setting and place, then what was found, what is allowed, and the fix. */
export function formatProblems(problems: readonly Problem[]): string {
  const title = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
  const blocks = [...problems]
    .sort(byPlace)
    .slice(0, MAX_SHOWN)
    .map((problem) => {
      const lines = [`  ${printable(problem.setting)}${formatPlace(problem)}`];
      if (problem.found !== undefined) lines.push(`    found    ${problem.found}`);
      lines.push(`    allowed  ${problem.allowed}`, `    fix      ${problem.fix}`);
      return lines.join('\n');
    });
  const more = problems.length - blocks.length;
  if (more > 0) blocks.push(`  and ${more} more; correct these first`);
  return [`The configuration has ${title}:`, ...blocks].join('\n\n');
}

/** A file is corrected from its top to its end. */
function byPlace(a: Problem, b: Problem): number {
  const files = (a.file ?? '').localeCompare(b.file ?? '');
  return files || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0);
}

function formatPlace({ file, line, column }: Problem): string {
  if (file === undefined) return '';
  return ` (${[file, line, column].filter((part) => part !== undefined).join(':')})`;
}

const MAX_FOUND = 80;
const MASK = '(hidden)';

/** A value as a problem may show it: hidden where it is a secret, else one line without credentials or control characters. */
export function showValue(value: string, secret: boolean): string {
  if (secret) return value === '' ? '(empty)' : MASK;
  if (value === '') return '(empty)';
  const text = printable(maskCredentials(value));
  return text.length > MAX_FOUND ? `${text.slice(0, MAX_FOUND)}…` : text;
}

function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    character === '\n' ? '\\n' : `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
