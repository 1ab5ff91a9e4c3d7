import { EnvError } from 'envalid';
import { type ComponentLevels, LOG_COMPONENTS, LOG_LEVELS, type LogLevel } from '#src/contract/log-levels.js';
import type { RawVariable } from './load-env.js';
import { suggest } from './names.js';
import { type Problem, showValue } from './problem.js';
import type { Validator } from './validators.js';

/** `profiler=debug,batch_db=warn`. Whether the components exist depends on the sources: see `unknownComponents`. */
export function componentLevels(): Validator<ComponentLevels> {
  return {
    allowed: `component=level, separated by commas; components ${LOG_COMPONENTS.join(', ')} and <source>_db, levels ${LOG_LEVELS.join(', ')}`,
    parse: (text) => {
      const levels = new Map<string, LogLevel>();
      for (const pair of text.split(',')) {
        const [, component, word] = /^\s*([a-z][a-z0-9_]*)\s*=\s*([a-z]+)\s*$/i.exec(pair) ?? [];
        if (component === undefined || word === undefined)
          throw new EnvError('write pairs such as profiler=debug,batch_db=warn');
        const level = LOG_LEVELS.find((known) => known === word.toLowerCase());
        if (level === undefined) throw new EnvError(`the level of ${component} is one of ${LOG_LEVELS.join(', ')}`);
        if (levels.has(component)) throw new EnvError(`name ${component} once`);
        levels.set(component, level);
      }
      return Object.fromEntries(levels);
    },
  };
}

/** A problem for each component of `levels` that is none with these sources. */
export function unknownComponents(
  levels: ComponentLevels,
  sources: readonly string[],
  raw: RawVariable | undefined,
): Problem[] {
  const known = [...LOG_COMPONENTS, ...sources.map((source) => `${source}_db`)];
  const { value: _, ...place } = raw ?? { value: '' };
  return Object.keys(levels)
    .filter((component) => !known.includes(component))
    .map((component) => {
      const nearest = suggest(component, known);
      return {
        setting: 'LOG_LEVELS',
        ...place,
        found: `${showValue(component, false)}, which is no component`,
        allowed: known.join(', '),
        fix: nearest === undefined ? 'use one of these' : `write ${nearest}`,
      };
    });
}
