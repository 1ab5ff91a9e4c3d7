import type { LogRecord } from '#src/contract/messages.js';
import { createLoggerFactory, type LoggerFactory } from './logger.js';

/**
 * A worker thread's loggers: each record is posted to the main thread, whose `LogSystem.accept` is the only writer, so
 * that rotation never races. Records are plain data and survive the structured clone whatever was logged.
 */
export function createWorkerLogger(
  post: (record: LogRecord) => void,
  options: { readonly thread: string; readonly level: string },
): LoggerFactory {
  return createLoggerFactory(post, options);
}
