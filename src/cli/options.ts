import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FailOn } from './exit-code.js';

/** What `run`, `profile`, `detect` and `tables` take from the command line. */
export interface SelectionOptions {
  readonly source?: readonly string[];
  readonly table?: readonly string[];
  readonly exclude?: readonly string[];
}

export interface RunOptions extends SelectionOptions {
  readonly asOf?: Date;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** Show values that look personal. */
  readonly unmask?: boolean;
  readonly failOn: FailOn;
  readonly metricsFile?: string;
  readonly junit?: string;
  /** `--resume`, `--no-resume`; undefined: where the last process died. */
  readonly resume?: boolean;
  readonly gentle?: boolean;
}

/** Options that choose what is looked at. */
export function withSelection(command: Command): Command {
  return command
    .option('--source <name...>', 'only these sources, e.g. --source batch')
    .option('--table <glob...>', 'only tables that match: table, schema.table or source.schema.table, with * and ?')
    .option('--exclude <glob...>', 'leave out tables that match');
}

/** Options of commands that end with an outcome. */
export function withOutcome(command: Command): Command {
  return command
    .option('--as-of <time>', 'the clock of freshness, ISO 8601; default now', parseTime)
    .option('--json', 'results on stdout as JSON lines, everything else on stderr')
    .option('--metrics-file <file>', 'write figures of this run as a Prometheus text file', parsePath)
    .option(
      '--junit <file>',
      'write a JUnit XML file for CI: a case for each table, failed where --fail-on says so',
      parsePath,
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 where a finding is at least this severe')
        .choices(['info', 'warn', 'critical', 'never'])
        .default('critical'),
    )
    .option('--quiet', 'no progress and no summary; only what needs attention, on stderr');
}

/** Options of commands that write a run. */
export function withReading(command: Command): Command {
  return command
    .option('--unmask', 'show values that look personal in --json, too; the audit trail says who did')
    .option(
      '--resume',
      'go on with the last run where it did not come to its end; by itself after a crash within the hour',
    )
    .option('--no-resume', 'begin anew, also after a crash')
    .option('--gentle', 'spare the databases: one reader a source, with rests; takes about twenty times as long');
}

/** ISO 8601 with a date at least; a time without a zone is UTC. */
export function parseTime(text: string): Date {
  const iso = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/.exec(text);
  const hasTime = text.length > 10;
  const time = iso ? new Date(`${text.replace(' ', 'T')}${hasTime && !iso[1] ? 'Z' : ''}`) : null;
  // JavaScript takes February 31 for March 3.
  const day = new Date(`${text.slice(0, 10)}T00:00Z`).getUTCDate();
  if (!time || Number.isNaN(time.getTime()) || day !== Number(text.slice(8, 10)))
    throw new InvalidArgumentError('give a time as ISO 8601, e.g. 2026-11-23T06:00:00Z.');
  return time;
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('give a whole number of at least 1.');
  return Number(text);
}

/** A number of at least 0. */
export function parseAmount(text: string): number {
  if (!/^\d{1,9}(\.\d+)?$/.test(text)) throw new InvalidArgumentError('give a number of at least 0, e.g. 2.5.');
  return Number(text);
}

/** The path of a file or folder: `--output ""` is a variable of a script that is not set. */
export function parsePath(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('give a path.');
  return text;
}
