import { basename } from 'node:path';
import type { Store } from '#src/adapters/store/store.js';
import { MAX_PROBLEMS } from '#src/adapters/store/verify-audit.js';
import { auditFiles, linesOf } from './files.js';
import { type AuditLine, parseLine } from './line.js';
import type { AuditLogSettings } from './mirror.js';

export interface LogProblem {
  /** `changed`: the line's contents do not give its hash; `differs`: the trail has another event, or none. */
  readonly fault: 'unreadable' | 'changed' | 'missing' | 'reordered' | 'differs';
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Id of the event; null where the line is none. */
  readonly event: number | null;
  /** A sentence without its full stop. */
  readonly message: string;
}

export interface LogVerdict {
  readonly files: number;
  /** Lines of this store; those of others are passed over. */
  readonly lines: number;
  /** Events of the trail after the last line: not written yet. Null where there is no line. */
  readonly behind: number | null;
  /** First things first; at most `MAX_PROBLEMS`. */
  readonly problems: readonly LogProblem[];
  readonly problemCount: number;
}

const PAGE = 500;
/** More events that are not written yet are not counted. */
const MAX_BEHIND = 10_000;

/**
 * Compare `audit.log` and its archives with the trail: each line with its own hash, with the line before, and with the event
 * of the same id. Memory stays bounded. Rejects where a file cannot be read.
 */
export async function verifyLog(
  trail: Pick<Store, 'hashesOf' | 'linksAfter'>,
  { dir, store }: AuditLogSettings,
): Promise<LogVerdict> {
  const reader = new LogReader(trail, store);
  const files = await oldestFirst(await auditFiles(dir), store);
  for (const path of files) await reader.read(path);
  const last = await reader.end();
  let behind: number | null = null;
  if (last !== null) {
    behind = 0;
    for (let after = last, more = true; more && behind < MAX_BEHIND; ) {
      const links = await trail.linksAfter(after, PAGE);
      behind += links.length;
      after = links.at(-1)?.id ?? after;
      more = links.length === PAGE;
    }
  }
  const { lines, problems, problemCount } = reader;
  return { files: files.length, lines, behind, problems, problemCount };
}

/** By the first event that each has of this store: names of archives say it in too many ways. */
async function oldestFirst(paths: readonly string[], store: string): Promise<string[]> {
  const first = async (path: string) => {
    for await (const text of linesOf(path)) {
      const line = text === null ? null : parseLine(text);
      if (line?.store === store) return line.id;
    }
    return Number.POSITIVE_INFINITY;
  };
  const known = await Promise.all(paths.map(async (path) => ({ path, id: await first(path) })));
  return known.sort((a, b) => a.id - b.id || (a.path < b.path ? -1 : 1)).map(({ path }) => path);
}

interface Seen extends AuditLine {
  readonly file: string;
  readonly line: number;
}

class LogReader {
  lines = 0;
  readonly problems: LogProblem[] = [];
  problemCount = 0;
  #last: Seen | null = null;
  /** Lines that are to be compared with the trail. */
  #waiting: Seen[] = [];

  constructor(
    private readonly trail: Pick<Store, 'hashesOf'>,
    private readonly store: string,
  ) {}

  async read(path: string): Promise<void> {
    const file = basename(path);
    let line = 0;
    for await (const text of linesOf(path)) {
      line++;
      const parsed = text === null ? null : parseLine(text);
      if (parsed === null) this.#report('unreadable', { file, line, id: null }, 'is no event');
      else if (parsed.store === this.store) await this.#take({ ...parsed, file, line });
    }
  }

  /** Compare what waits; the id of the last event, null where there was none. */
  async end(): Promise<number | null> {
    await this.#compare();
    return this.#last?.id ?? null;
  }

  async #take(seen: Seen): Promise<void> {
    this.lines++;
    const last = this.#last;
    if (!seen.isTrue) this.#report('changed', seen, 'was changed: its contents do not give its hash');
    else {
      if (last !== null && seen.previous !== last.hash) {
        const before = `line ${last.line}${last.file === seen.file ? '' : ` of ${last.file}`} (event ${last.id})`;
        if (seen.id > last.id) this.#report('missing', seen, `does not follow ${before}: lines are missing`);
        else this.#report('reordered', seen, `stands after ${before}`);
      }
      this.#waiting.push(seen);
    }
    this.#last = seen;
    if (this.#waiting.length === PAGE) await this.#compare();
  }

  async #compare(): Promise<void> {
    const hashes = await this.trail.hashesOf(this.#waiting.map(({ id }) => id));
    for (const seen of this.#waiting) {
      const hash = hashes.get(seen.id);
      if (hash === undefined) this.#report('differs', seen, 'is not in the store: it was removed there');
      else if (hash !== seen.hash) this.#report('differs', seen, 'is another event in the store');
    }
    this.#waiting = [];
  }

  #report(
    fault: LogProblem['fault'],
    { file, line, id }: { file: string; line: number; id: number | null },
    what: string,
  ) {
    if (++this.problemCount > MAX_PROBLEMS) return;
    const message = `${file} line ${line}${id === null ? '' : ` (event ${id})`} ${what}`;
    this.problems.push({ fault, file, line, event: id, message });
  }
}
