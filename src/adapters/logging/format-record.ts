import { pino } from 'pino';
import { LOG_LEVELS, type LogLevel } from '#src/contract/log-levels.js';
import type { LogRecord } from '#src/contract/messages.js';

/** A record as one line without its newline. */
export type RecordFormatter = (record: LogRecord) => string;

/** Lines of JSON as pino makes them: level, ISO time, thread, component, then the fields, last the message. */
export function jsonFormatter(): RecordFormatter {
  let line = '';
  const logger = pino(
    { level: 'debug', base: null, timestamp: false, formatters: { level: (label) => ({ level: label }) } },
    { write: (text: string) => void (line = text) },
  );
  return ({ level, time, thread, component, msg, fields }) => {
    const { level: ownLevel, time: ownTime, thread: ownThread, component: ownComponent, msg: ownMsg, ...rest } = fields;
    // Fields called like ours would give the line the same key twice.
    const renamed = { ownLevel, ownTime, ownThread, ownComponent, ownMsg };
    const entries = Object.entries(renamed).filter(([, value]) => value !== undefined);
    const head = { time: isoTime(time), thread, component };
    logger[knownLevel(level)]({ ...head, ...rest, ...Object.fromEntries(entries) }, msg);
    return line.trimEnd();
  };
}

/** Lines for people: time, level, thread, component, message, then the fields as `key=value`. */
export const formatText: RecordFormatter = ({ level, time, thread, component, msg, fields }) => {
  const pairs = Object.entries(fields).map(([key, value]) => `${key}=${fieldText(value)}`);
  const head = `${isoTime(time)} ${level.toUpperCase().padEnd(5)} ${thread.padEnd(8)} ${component}: ${msg}`;
  return printable([head, ...pairs].join(' '));
};

function fieldText(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object' || value === null) return String(value);
  // Stacks are for the files that keep JSON.
  return JSON.stringify(value, (key, item: unknown) => (key === 'stack' ? undefined : item));
}

/** A line stays one line, and no name in it can move the cursor of a terminal. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`);
}

function knownLevel(level: string): LogLevel {
  return LOG_LEVELS.find((known) => known === level) ?? 'error';
}

function isoTime(time: number): string {
  return new Date(time).toISOString();
}
