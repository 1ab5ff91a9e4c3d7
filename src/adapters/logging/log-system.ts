import type { LogSettings } from '#src/config/config.js';
import { createRedactor } from '#src/config/redact.js';
import type { LogRecord } from '#src/contract/messages.js';
import { formatText, jsonFormatter } from './format-record.js';
import { createLogFile, type LogFile } from './log-file.js';
import { type LogLock, lockLogs } from './log-lock.js';
import { createLoggerFactory, isLogged, type LoggerFactory, type LogLevel } from './logger.js';
import { plainFields } from './plain-fields.js';

export interface LogSystemOptions {
  /** Where people see warnings: stderr. */
  readonly console: NodeJS.WritableStream;
  /** Nothing below `error` on the console. */
  readonly quiet: boolean;
  /** Least severe level on the console; default `warn`, and never below the settings' own level. */
  readonly consoleLevel?: LogLevel;
  /** Replaced by `***` wherever they appear. */
  readonly secrets?: readonly string[];
}

/** The only writer of log files, in the main thread. */
export interface LogSystem {
  /** Loggers of the main thread. `profiler`, `detector` and `<source>_db` have files of their own, the rest is `orchestrator`. */
  readonly logger: LoggerFactory;
  /** The same for the files alone: what the console is told in other words. */
  readonly fileLogger: LoggerFactory;
  /** A record of a worker thread (`worker-logger.ts`). */
  accept(record: LogRecord): void;
  /** Resolves when every record is in its file; later ones reach only the console. */
  close(): Promise<void>;
}

/** Lock, folder and files are made at the first record. Whatever is wrong with them is one warning, and the run goes on. */
export function createLogSystem(settings: LogSettings, options: LogSystemOptions): LogSystem {
  const { console, quiet } = options;
  const redact = createRedactor(options.secrets ?? []);
  const consoleLevel = quiet ? 'error' : (options.consoleLevel ?? 'warn');
  const formatJson = jsonFormatter();
  const formatConsole = settings.format === 'json' ? formatJson : formatText;
  const formatFile = settings.format === 'text' ? formatText : formatJson;
  const files = new Map<string, LogFile>();
  let lock: LogLock | undefined;
  let lockFailedMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let hasWarned = false;

  const onProblem = (error: Error): void => {
    if (hasWarned) return;
    hasWarned = true;
    const msg = redact(
      `log files in ${settings.dir} cannot be written as they should (${error.message}); the run goes on`,
    );
    const line = { level: 'warn', time: Date.now(), component: 'orchestrator', thread: 'main', msg, fields: {} };
    console.write(`${formatConsole(line)}\n`);
  };

  const fileOf = (component: string): LogFile | undefined => {
    const name = fileName(component);
    const open = files.get(name);
    if (open !== undefined || isClosed) return isClosed ? undefined : open;
    if (lock === undefined) {
      if (performance.now() - lockFailedMs < LOCK_AGAIN_MS) return undefined;
      try {
        lock = lockLogs(settings.dir);
      } catch (error) {
        lockFailedMs = performance.now();
        onProblem(error as Error);
        return undefined;
      }
    }
    const { dir, maxBytes, backupCount } = settings;
    const file = createLogFile({ dir, name: `${name}${lock.suffix}.log`, maxBytes, backupCount, onProblem });
    files.set(name, file);
    return file;
  };

  const accept = (record: LogRecord, isForConsole = true): void => {
    if (!isLogged(record.level, settings.level)) return;
    const safe = { ...record, msg: redact(record.msg), fields: plainFields(record.fields, redact) };
    if (isForConsole && isLogged(record.level, consoleLevel)) console.write(`${formatConsole(safe)}\n`);
    fileOf(record.component)?.write(formatFile(safe));
  };

  return {
    logger: createLoggerFactory((record) => accept(record), { thread: 'main', level: settings.level }),
    fileLogger: createLoggerFactory((record) => accept(record, false), { thread: 'main', level: settings.level }),
    accept: (record) => accept(record),
    async close() {
      if (isClosed) return;
      isClosed = true;
      await Promise.all([...files.values()].map((file) => file.close()));
      lock?.release();
    },
  };
}

const LOCK_AGAIN_MS = 5_000;

function fileName(component: string): string {
  if (component === 'profiler' || component === 'detector' || /^[a-z][a-z0-9_]*_db$/.test(component)) return component;
  return 'orchestrator';
}
