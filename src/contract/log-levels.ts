/** Least severe first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A log file each, besides one `<source>_db` per source; what belongs to none of them is the orchestrator's. */
export const LOG_COMPONENTS = ['profiler', 'detector', 'orchestrator'] as const;

/** Levels of single components, in the order they were given. */
export type ComponentLevels = Readonly<Record<string, LogLevel>>;

/** The component whose file and level a record has: a name from outside cannot choose a file. */
export function logComponent(component: string): string {
  const isOwn = LOG_COMPONENTS.some((known) => known === component) || /^[a-z][a-z0-9_]*_db$/.test(component);
  return isOwn ? component : 'orchestrator';
}
