import { type ComponentLevels, LOG_LEVELS, type LogLevel, logComponent } from '#src/contract/log-levels.js';
import type { LogRecord } from '#src/contract/messages.js';
import { plainFields } from './plain-fields.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** The part of pino's interface that is used: fields first, then the message. */
export type Logger = Readonly<Record<LogLevel, (fields: LogFields, message: string) => void>>;

/** The loggers of one thread, by component. */
export type LoggerFactory = (component: string) => Logger;

/** True where a record of this level is wanted at this threshold; an unknown level is wanted. */
export function isLogged(level: string, threshold: string): boolean {
  const rank = LOG_LEVELS.indexOf(level as LogLevel);
  return rank === -1 || rank >= LOG_LEVELS.indexOf(threshold as LogLevel);
}

export interface ThreadLogOptions {
  /** `main`, `worker-3`. */
  readonly thread: string;
  /** Least severe level of the components that `componentLevels` does not name. */
  readonly level: string;
  readonly componentLevels?: ComponentLevels;
}

/** Loggers of one thread that hand plain records, each of at least its component's level, to `emit`. */
export function createLoggerFactory(emit: (record: LogRecord) => void, options: ThreadLogOptions): LoggerFactory {
  const { thread, level, componentLevels = {} } = options;
  const loggers = new Map<string, Logger>();
  const create = (component: string): Logger => {
    const threshold = componentLevels[logComponent(component)] ?? level;
    const method = (name: LogLevel) =>
      isLogged(name, threshold)
        ? (fields: LogFields, msg: string) =>
            emit({ level: name, time: Date.now(), component, thread, msg, fields: plainFields(fields) })
        : () => {};
    return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
  };
  return (component) => {
    const logger = loggers.get(component) ?? create(component);
    loggers.set(component, logger);
    return logger;
  };
}
