import type { LogRecord } from '#src/contract/messages.js';
import { createBrake, type LogPressure } from './log-pressure.js';
import { createLoggerFactory, type LoggerFactory, type ThreadLogOptions } from './logger.js';

export interface WorkerLogOptions extends ThreadLogOptions {
  /** Shared with the main thread's `LogSystem`; without it a worker never waits for the writer. */
  readonly pressure?: LogPressure | undefined;
}

/**
 * A worker thread's loggers: each record is posted to the main thread, whose `LogSystem.accept` is the only writer, so
 * that rotation never races. Records are plain data and survive the structured clone whatever was logged; pino makes
 * lines of them there, since loading it costs each thread some 30 ms.
 */
export function createWorkerLogger(
  post: (record: LogRecord) => void,
  { pressure, ...options }: WorkerLogOptions,
): LoggerFactory {
  const brake = pressure ? createBrake(pressure) : () => {};
  return createLoggerFactory((record) => {
    post(record);
    brake();
  }, options);
}
