import { isCounted } from '#src/core/incidents/counted.js';
import { compareSeverity } from '#src/core/incidents/severity.js';
import type { Finding, Severity } from '#src/core/model/finding.js';
import type { Incident } from '#src/core/model/incident.js';

/** What the process ends with; scripts and schedulers rely on these. */
export const EXIT = {
  ok: 0,
  /** Incidents, or findings for information, at or above `--fail-on`. */
  findings: 1,
  /** A source or table could not be judged. */
  incomplete: 2,
  /** Something is wrong before connecting, or the metadata store cannot be reached at the start. */
  usage: 3,
  internal: 4,
  interrupted: 130,
  terminated: 143,
} as const;

/** The same for people: in every `--help`, and in `docs/commands.md`. */
export const EXIT_MEANINGS: readonly (readonly [codes: readonly number[], meaning: string])[] = [
  [[EXIT.ok], 'nothing at or above --fail-on'],
  [[EXIT.findings], 'such findings'],
  [[EXIT.incomplete], 'a source or table could not be judged'],
  [[EXIT.usage], 'something is wrong before connecting (settings, options, metadata store)'],
  [[EXIT.internal], 'an internal error'],
  [[EXIT.interrupted, EXIT.terminated], 'stopped by a signal'],
];

export type FailOn = Severity | 'never';

/** What a run found, as far as its exit code goes. */
export interface Outcome {
  readonly findings: readonly Finding[];
  /** Those that the run saw; a finding from warn on counts by its incident, which people may have muted or expected. */
  readonly incidents: readonly Incident[];
  readonly incomplete: boolean;
}

/** Findings beat incompleteness: the summary says `incomplete` either way. */
export function exitCodeOf({ findings, incidents, incomplete }: Outcome, failOn: FailOn): number {
  const fails = ({ severity }: { severity: Severity }) => isAtLeast(severity, failOn);
  const mentioned = findings.filter(({ severity }) => severity === 'info');
  if (incidents.filter(isCounted).some(fails) || mentioned.some(fails)) return EXIT.findings;
  return incomplete ? EXIT.incomplete : EXIT.ok;
}

export function isAtLeast(severity: Severity, failOn: FailOn): boolean {
  return failOn !== 'never' && compareSeverity(severity, failOn) >= 0;
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
