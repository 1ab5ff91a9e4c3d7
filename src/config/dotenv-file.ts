import { parse } from 'dotenv';
import type { Problem } from './problem.js';

export interface DotenvEntry {
  readonly name: string;
  readonly value: string;
  /** Line it starts on, 1-based. */
  readonly line: number;
}

export interface DotenvFile {
  readonly entries: readonly DotenvEntry[];
  readonly problems: readonly Problem[];
}

const ALLOWED = "NAME=value, a # comment, or an empty line; quote values with blanks at an end, #, ' or line breaks";
const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)(?:\s*=|:\s)[ \t]*(.*)$/;

/**
 * Entries of a .env file, as dotenv reads them, with their lines. dotenv skips what it does not understand and cuts an
 * unquoted value at any `#`; here both are problems.
 */
export function readDotenv(content: string, file: string): DotenvFile {
  const entries: DotenvEntry[] = [];
  const problems: Problem[] = [];
  if (content.includes('\0')) {
    const fix = 'save it as UTF-8 (PowerShell writes UTF-16 by default)';
    return { entries, problems: [{ setting: file, file, allowed: 'a text file in UTF-8', fix }] };
  }
  const lines = content.replace(/^\uFEFF/, '').split(/\r\n?|\n/);
  for (let index = 0; index < lines.length; index++) {
    const first = lines[index]!;
    if (/^\s*(#|$)/.test(first)) continue;
    const line = index + 1;
    const [, name, start] = ASSIGNMENT.exec(first) ?? [];
    if (name === undefined || start === undefined) {
      problems.push({ setting: 'line', file, line, allowed: ALLOWED, fix: 'correct the line or make it a comment' });
      continue;
    }
    const last = isQuote(start[0]) ? closingLine(lines, index, start) : index;
    if (last === undefined) {
      problems.push({ setting: name, file, line, allowed: ALLOWED, fix: `close the ${start[0]} that opens the value` });
      continue;
    }
    const statement = lines.slice(index, last + 1).join('\n');
    index = last;
    const value = parse(statement)[name] ?? '';
    const fix = faultOf(start, value);
    if (fix !== undefined) problems.push({ setting: name, file, line, allowed: ALLOWED, fix });
    entries.push({ name, value, line });
  }
  return { entries, problems };
}

function isQuote(character: string | undefined): boolean {
  return character === '"' || character === "'" || character === '`';
}

/** Line on which the quote that opens `start` is closed; undefined where it never is. */
function closingLine(lines: readonly string[], first: number, start: string): number | undefined {
  const quote = start[0]!;
  if (hasClosing(start.slice(1), quote)) return first;
  for (let index = first + 1; index < lines.length; index++) {
    // A new assignment means that the quote was forgotten: values of keys and certificates hold no such line.
    if (/^(export\s+)?[A-Z][A-Z0-9_]*=/.test(lines[index]!)) return undefined;
    if (hasClosing(lines[index]!, quote)) return index;
  }
  return undefined;
}

function hasClosing(text: string, quote: string): boolean {
  return text.replaceAll(`\\${quote}`, '').includes(quote);
}

/** What is wrong with a value that starts with `start` and that dotenv reads as `value`. */
function faultOf(start: string, value: string): string | undefined {
  // dotenv takes the quotes off only where nothing but a comment follows them.
  if (isQuote(start[0])) return value.startsWith(start[0]!) ? 'remove what follows the closing quote' : undefined;
  return /[^\s]#/.test(start.replace(/(^|\s)#.*$/, '')) ? 'quote the value: it is cut at the #' : undefined;
}
