import type { LogRecord } from '#src/contract/messages.js';
import { plainFields } from './plain-fields.js';

/** Least severe first. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, unknown>>;

/** The part of pino's interface that is used: fields first, then the message. */
export type Logger = Readonly<Record<LogLevel, (fields: LogFields, message: string) => void>>;

/** The loggers of one thread, by component; `bindings` are fields of each of its records. */
export type LoggerFactory = (component: string, bindings?: LogFields) => Logger;

/** True where a record of this level is wanted at this threshold; an unknown level is wanted. */
export function isLogged(level: string, threshold: string): boolean {
  const rank = LOG_LEVELS.indexOf(level as LogLevel);
  return rank === -1 || rank >= LOG_LEVELS.indexOf(threshold as LogLevel);
}

/** Loggers of one thread that hand plain records of at least `level` to `emit`. */
export function createLoggerFactory(
  emit: (record: LogRecord) => void,
  { thread, level }: { readonly thread: string; readonly level: string },
): LoggerFactory {
  return (component, bindings = {}) => {
    const method = (name: LogLevel) =>
      isLogged(name, level)
        ? (fields: LogFields, msg: string) =>
            emit({
              level: name,
              time: Date.now(),
              component,
              thread,
              msg,
              fields: plainFields({ ...bindings, ...fields }),
            })
        : () => {};
    return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
  };
}
