import { compareSeverity } from '#src/core/incidents/severity.js';
import type { Finding, Severity } from '#src/core/model/finding.js';

/** What the process ends with; scripts and schedulers rely on these. */
export const EXIT = {
  ok: 0,
  /** Findings at or above `--fail-on`. */
  findings: 1,
  /** A source or table could not be judged. */
  incomplete: 2,
  /** Something is wrong before connecting, or the metadata store cannot be reached at the start. */
  usage: 3,
  internal: 4,
  interrupted: 130,
  terminated: 143,
} as const;

export type FailOn = Severity | 'never';

/** Findings beat incompleteness: the summary says `incomplete` either way. */
export function exitCodeOf(findings: readonly Finding[], failOn: FailOn, incomplete: boolean): number {
  const fails = ({ severity }: Finding) => failOn !== 'never' && compareSeverity(severity, failOn) >= 0;
  if (findings.some(fails)) return EXIT.findings;
  return incomplete ? EXIT.incomplete : EXIT.ok;
}

/** An error whose message is meant for the person at the terminal; it ends the program with `exitCode` and no stack trace. */
export class CliError extends Error {
  constructor(
    message: string,
    readonly exitCode: number = EXIT.usage,
  ) {
    super(message);
    this.name = 'CliError';
  }
}
