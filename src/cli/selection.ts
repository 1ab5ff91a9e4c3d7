import type { Config } from '#src/config/config.js';
import { compileTableFilter } from '#src/config/policy.js';
import { compileTableGlob, TABLE_GLOB_RULE, type TableMatcher } from '#src/config/table-glob.js';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { CliError } from './exit-code.js';
import type { SelectionOptions } from './options.js';

/** The sources that `--source` names, all where it names none. */
export function selectSources(config: Config, names: readonly string[] | undefined): readonly ConnectionSettings[] {
  if (!names) return config.sources;
  const wanted = new Set(names.flatMap((name) => name.split(',')));
  for (const name of wanted)
    if (!config.sources.some((source) => source.name === name))
      throw new CliError(
        `--source: no source is named "${name}"; SENTINEL_SOURCES has ${config.sources.map((source) => source.name).join(', ')}`,
      );
  return config.sources.filter((source) => wanted.has(source.name));
}

/** True for a table that sentinel.yaml, `--table` and `--exclude` together let in. */
export function tableFilter(config: Config, options: SelectionOptions): TableMatcher {
  for (const [option, globs] of [
    ['--table', options.table],
    ['--exclude', options.exclude],
  ] as const)
    for (const glob of globs ?? [])
      if (!compileTableGlob(glob)) throw new CliError(`${option}: "${glob}" is no pattern; write ${TABLE_GLOB_RULE}`);
  const byPolicy = compileTableFilter(config.policy);
  const byOptions = compileTableFilter({ include: options.table ?? [], exclude: options.exclude ?? [] });
  return (name) => byPolicy(name) && byOptions(name);
}
