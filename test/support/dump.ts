import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/** One piece of a dump: a statement, and the rows that follow it where it is `COPY … FROM stdin`. */
export interface DumpStatement {
  readonly sql: string;
  readonly rows?: string;
}

/** Consecutive INSERTs travel together, up to this many. */
const BATCH = 1_000;

const ENCODINGS: Readonly<Record<string, BufferEncoding>> = { utf8: 'utf8', unicode: 'utf8', latin1: 'latin1' };

/** Runs a psql dump, `COPY … FROM stdin` included, on the client; in the end its session settings are as before. */
export async function loadDump(client: pg.Client, file: string): Promise<void> {
  const bytes = readFileSync(file);
  const named = /^SET client_encoding = '([^']+)'/m.exec(bytes.toString('latin1'))?.[1] ?? 'UTF8';
  const encoding = ENCODINGS[named.toLowerCase().replaceAll(/[^a-z0-9]/g, '')];
  if (!encoding) throw new Error(`${file}: the encoding ${named} is not supported`);
  let inserts: string[] = [];
  const flush = async () => {
    if (inserts.length > 0) await client.query(inserts.join(';\n'));
    inserts = [];
  };
  for (const { sql, rows } of parseDump(bytes.toString(encoding))) {
    // the driver speaks UTF-8 whatever the file was written in
    if (/^SET\s+client_encoding/i.test(sql)) continue;
    if (/^INSERT\s/i.test(sql)) {
      inserts.push(sql);
      if (inserts.length >= BATCH) await flush();
      continue;
    }
    await flush();
    if (rows === undefined) await client.query(sql);
    else await pipeline(Readable.from([Buffer.from(rows)]), client.query(copyFrom(sql)));
  }
  await flush();
  await client.query('RESET ALL');
}

/**
 * Splits a dump as psql does: at semicolons outside quotes, comments, dollar quotes and parentheses. psql's own commands
 * (lines that begin with a backslash) are left out; those that would bring in more data are refused.
 */
export function* parseDump(text: string): Generator<DumpStatement> {
  let from = 0;
  let at = 0;
  let depth = 0;
  const skipTo = (end: string, start: number) => {
    const found = text.indexOf(end, start);
    at = found < 0 ? text.length : found + end.length;
  };
  while (at < text.length) {
    const char = text[at];
    if (char === "'") {
      const escapes = /[eE]$/.test(text.slice(Math.max(from, at - 1), at)) && !/\w[eE]$/.test(text.slice(at - 2, at));
      at = quoteEnd(text, at, escapes);
    } else if (char === '"') skipTo('"', at + 1);
    else if (text.startsWith('--', at)) {
      const blank = text.slice(from, at).trim() === '';
      skipTo('\n', at);
      if (blank) from = at;
    } else if (text.startsWith('/*', at)) {
      const blank = text.slice(from, at).trim() === '';
      at = blockCommentEnd(text, at);
      if (blank) from = at;
    } else if (char === '$') {
      const tag = /^\$(?:[A-Za-z_]\w*)?\$/.exec(text.slice(at, at + 70))?.[0];
      if (tag && !/\w/.test(text[at - 1] ?? '')) skipTo(tag, at + tag.length);
      else at++;
    } else if (char === '\\' && text.slice(from, at).trim() === '') {
      const start = at;
      skipTo('\n', at);
      from = at;
      const command = text.slice(start, at).trim();
      if (/^\\(i|ir|include|include_relative|copy|gexec)\b/.test(command))
        throw new Error(`the dump has the psql command "${command}", which brings in data from elsewhere`);
    } else if (char === ';' && depth === 0) {
      const sql = text.slice(from, at++).trim();
      from = at;
      if (/^COPY\s[^;]*\sFROM\s+stdin\b/i.test(sql)) {
        const start = text.indexOf('\n', at) + 1;
        const end = text.startsWith('\\.', start) ? start - 1 : text.indexOf('\n\\.', start - 1);
        if (end < 0) throw new Error(`the rows of "${sql.slice(0, 80)}" do not end`);
        yield { sql, rows: text.slice(start, end + 1) };
        at = end + 3;
        from = at;
      } else if (sql) yield { sql };
    } else {
      if (char === '(') depth++;
      else if (char === ')') depth--;
      at++;
    }
  }
  const rest = text.slice(from).trim();
  if (rest) yield { sql: rest };
}

/** Offset behind the closing quote; a doubled quote is read as two strings, which comes to the same. */
function quoteEnd(text: string, start: number, escapes: boolean): number {
  for (let at = start + 1; at < text.length; at++) {
    if (escapes && text[at] === '\\') at++;
    else if (text[at] === "'") return at + 1;
  }
  return text.length;
}

/** Block comments nest in Postgres. */
function blockCommentEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (text.startsWith('*/', at)) {
      at++;
      if (--depth === 0) return at + 1;
    }
  }
  return text.length;
}
