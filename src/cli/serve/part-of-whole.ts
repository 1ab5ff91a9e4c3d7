import type { RunSummary } from '#src/adapters/store/records.js';
import type { Config } from '#src/config/config.js';
import type { Schedule } from '#src/config/schedules.js';

type Scope = Pick<Schedule, 'command' | 'sources' | 'tables' | 'exclude'>;

/**
 * True of a run that leaves out something while a schedule looks at everything: then its success is none of the whole, which the dead
 * man's switch and the time of the last complete run stand for. Where every schedule looks at a part, each counts.
 */
export function isPartOfWhole(scope: Scope, { sources, schedules }: Pick<Config, 'sources' | 'schedules'>): boolean {
  const all = sources.map(({ name }) => name);
  return !isWhole(scope, all) && schedules.some((schedule) => isWhole(schedule, all));
}

/** The same of a run that is stored; null selections are of versions that did not store them. */
export function isStoredPart(
  { command, selection }: Pick<RunSummary, 'command' | 'selection'>,
  config: Pick<Config, 'sources' | 'schedules'>,
): boolean {
  if (selection === null) return false;
  const { sources, table: tables, exclude } = selection;
  return isPartOfWhole({ command: command as Schedule['command'], sources, tables, exclude }, config);
}

function isWhole({ command, sources, tables, exclude }: Scope, all: readonly string[]): boolean {
  const everySource = sources.length === 0 || all.every((name) => sources.includes(name));
  return command !== 'profile' && everySource && tables.length === 0 && exclude.length === 0;
}
