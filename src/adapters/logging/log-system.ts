import type { LogSettings } from '#src/config/config.js';
import { createRedactor } from '#src/config/redact.js';
import { type LogLevel, logComponent } from '#src/contract/log-levels.js';
import type { LogRecord } from '#src/contract/messages.js';
import { formatText, jsonFormatter } from './format-record.js';
import { createLogFile, type LogFile } from './log-file.js';
import { type LogLock, lockLogs } from './log-lock.js';
import { countRecord, createLogPressure, type LogPressure, releaseBrake } from './log-pressure.js';
import { createLoggerFactory, isLogged, type LoggerFactory } from './logger.js';
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
  /** Given to each worker thread, so that it waits where it logs faster than the files take it. */
  readonly pressure: LogPressure;
  /** Something else that is written in LOG_DIR could not be; the first problem there is told, once. */
  problem(error: Error): void;
  /** Resolves when every record is in its file and full files are archives; later records reach only the console. */
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
  /** Each with the lines it has lost when it ends. */
  const closing: Promise<number>[] = [];
  const pressure = createLogPressure();
  let lock: LogLock | undefined;
  let lockFailedMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let hasWarned = false;

  const ownWarning = (msg: string): LogRecord => {
    const fixed = { level: 'warn', component: 'orchestrator', thread: 'main', fields: {} };
    return { ...fixed, time: Date.now(), msg: redact(msg) };
  };
  const warn = (msg: string) => void console.write(`${formatConsole(ownWarning(msg))}\n`);

  const onProblem = (error: Error): void => {
    if (hasWarned) return;
    hasWarned = true;
    warn(`log files in ${settings.dir} cannot be written as they should (${error.message}); the run goes on`);
  };

  const closeFiles = (): void => {
    for (const file of files.values()) closing.push(file.close());
    files.clear();
  };

  /** The names are another process's now: go on under names of our own. */
  const onLockLost = (): void => {
    lock = undefined;
    closeFiles();
  };

  const openFile = (name: string): LogFile | undefined => {
    if (lock === undefined) {
      if (performance.now() - lockFailedMs < LOCK_AGAIN_MS) return undefined;
      try {
        lock = lockLogs(settings.dir, onLockLost);
      } catch (error) {
        lockFailedMs = performance.now();
        onProblem(error as Error);
        return undefined;
      }
    }
    const { dir, maxBytes, backupCount } = settings;
    return createLogFile({
      ...{ dir, maxBytes, backupCount, onProblem },
      name: `${name}${lock.suffix}.log`,
      onSettled: (lines) => releaseBrake(pressure, lines),
      lossLine(lost) {
        countRecord(pressure);
        return formatFile(ownWarning(lossText(lost)));
      },
    });
  };

  const fileOf = (component: string): LogFile | undefined => {
    const name = logComponent(component);
    const file = files.get(name) ?? openFile(name);
    if (file !== undefined) files.set(name, file);
    return file;
  };

  const accept = (record: LogRecord, isForConsole = true): void => {
    const safe = { ...record, msg: redact(record.msg), fields: plainFields(record.fields, redact) };
    if (isForConsole && isLogged(record.level, consoleLevel)) console.write(`${formatConsole(safe)}\n`);
    const file = isClosed ? undefined : fileOf(record.component);
    if (file !== undefined) file.write(formatFile(safe));
    else releaseBrake(pressure, 1);
  };

  const { level, componentLevels } = settings;
  const ofMain = (isForConsole: boolean) =>
    createLoggerFactory(
      (record) => {
        countRecord(pressure);
        accept(record, isForConsole);
      },
      { thread: 'main', level, componentLevels },
    );
  return {
    logger: ofMain(true),
    fileLogger: ofMain(false),
    accept: (record) => accept(record),
    pressure,
    problem: onProblem,
    async close() {
      if (isClosed) return;
      isClosed = true;
      closeFiles();
      const sum = (await Promise.all(closing)).reduce((total, lines) => total + lines, 0);
      lock?.release();
      if (sum > 0) warn(`${lossText(sum)}, those in ${settings.dir}`);
    },
  };
}

function lossText(lines: number): string {
  return lines === 1 ? '1 log line could not be written' : `${lines} log lines could not be written`;
}

/** A folder that could not be written is tried again after so long. */
const LOCK_AGAIN_MS = 1_000;
