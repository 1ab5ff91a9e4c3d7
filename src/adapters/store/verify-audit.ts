import { hashEvent, START_HASH } from './audit.js';
import { type AuditHead, type AuditLink, auditHead, linksAfter } from './read-audit.js';
import type { Query, ReaderPool } from './reader-pool.js';
import { selectEventByHash, selectGuard, selectSuccessor } from './sql/audit.js';

export type TrailFault =
  /** Its contents do not give its hash. */
  | 'changed'
  /** It has a hash of its own, but what follows names another predecessor. */
  | 'replaced'
  | 'missing'
  | 'inserted'
  | 'reordered'
  /** The known end is not there. */
  | 'truncated'
  /** The trigger that refuses changes does not. */
  | 'unguarded';

/** One thing that is wrong with the trail; `event` is the id of the row it shows at. */
export interface TrailProblem {
  readonly fault: TrailFault;
  readonly event: number | null;
  /** A sentence without its full stop. */
  readonly message: string;
}

export interface TrailVerdict {
  readonly events: number;
  readonly head: AuditHead | null;
  /** First broken link first; at most `MAX_PROBLEMS`. */
  readonly problems: readonly TrailProblem[];
  /** How many there are. */
  readonly problemCount: number;
}

/** What is wrong is told this often; one broken link may put many behind it out of order. */
export const MAX_PROBLEMS = 20;
const PAGE = 500;

/**
 * Recompute every hash of the trail, page by page so that memory stays bounded, and compare each link with the one before.
 * `head` (hex) is the end of the trail as a run printed it: the event must still be there, whatever was added since.
 */
export async function verifyTrail(
  readers: ReaderPool,
  s: string,
  { schema, head }: { readonly schema: string; readonly head?: string },
): Promise<TrailVerdict> {
  const problems: TrailProblem[] = [];
  let problemCount = 0;
  const report = (problem: TrailProblem) => {
    if (++problemCount <= MAX_PROBLEMS) problems.push(problem);
  };
  const chain = new Chain(s, report);
  for (let more = true; more; )
    more = await readers.read('verify the audit trail', async (query) => {
      const links = await linksAfter(query, s, chain.lastId, PAGE);
      for (const link of links) await chain.follow(query, link);
      // No event of ours has an id that a double cannot hold: behind one of those, counting ends.
      return links.length === PAGE && Number.isSafeInteger(chain.lastId);
    });
  const end = await readers.read('verify the end of the audit trail', async (query) => {
    if (head !== undefined && (await idOf(query, selectEventByHash(s), Buffer.from(head, 'hex'))) === null)
      report({
        ...{ fault: 'truncated', event: null },
        message: `no event has the hash ${head}: events at the end were removed, or it is the head of another store`,
      });
    const [guard] = await query<{ guarded: boolean }>(selectGuard, [schema]);
    if (!guard!.guarded)
      report({
        ...{ fault: 'unguarded', event: null },
        message: 'the trigger "append_only" of table incident_event is missing or disabled: changes are not refused',
      });
    return auditHead(query, s);
  });
  return { events: chain.events, head: end, problems, problemCount };
}

/** Follows the links in the order of their ids. */
class Chain {
  events = 0;
  lastId = Number.MIN_SAFE_INTEGER;
  #previous: Buffer = START_HASH;
  /** The last event that is where it belongs; null at the beginning. */
  #anchor: number | null = null;

  constructor(
    private readonly s: string,
    private readonly report: (problem: TrailProblem) => void,
  ) {}

  async follow(query: Query, link: AuditLink): Promise<void> {
    const { id, previous, hash } = link;
    this.events++;
    this.lastId = id;
    if (!isAsWritten(link)) {
      this.report({
        ...{ fault: 'changed', event: id },
        message: `event ${id} was changed: its contents do not give its hash`,
      });
    } else if (!previous.equals(this.#previous)) {
      const problem = await this.#explain(query, link);
      this.report(problem);
      if (problem.fault === 'inserted') return; // the chain goes on behind it
    }
    this.#previous = hash;
    this.#anchor = id;
  }

  /** Why a link that is true in itself does not follow the one before. */
  async #explain(query: Query, { id, previous }: AuditLink): Promise<TrailProblem> {
    const anchor = this.#anchor;
    const before = anchor === null ? 'the beginning' : `event ${anchor}`;
    const predecessor = await idOf(query, selectEventByHash(this.s), previous);
    const successor = await idOf(query, selectSuccessor(this.s), this.#previous);
    if (successor !== null && predecessor !== null)
      return {
        ...{ fault: 'reordered', event: id },
        message: `event ${id} is out of order: it follows event ${predecessor}, and event ${successor} follows ${before}`,
      };
    if (successor !== null)
      return {
        ...{ fault: 'inserted', event: id },
        message: `event ${id} was inserted: it follows no event, and event ${successor} follows ${before}`,
      };
    if (anchor === null)
      return {
        ...{ fault: 'missing', event: id },
        message: `the beginning is missing: event ${id} is the first one left`,
      };
    if (id === anchor + 1)
      return {
        ...{ fault: 'replaced', event: anchor },
        message: `event ${anchor} was replaced: event ${id} names another one before it`,
      };
    return {
      ...{ fault: 'missing', event: id },
      message: `events are missing between event ${anchor} and event ${id}`,
    };
  }
}

function isAsWritten({ event, previous, hash, whole }: AuditLink): boolean {
  const { at, details } = event;
  const isPlain = typeof details === 'object' && details !== null && !Array.isArray(details);
  if (!whole || !isPlain || !(at instanceof Date) || Number.isNaN(at.getTime())) return false;
  return hashEvent(previous, event).equals(hash);
}

async function idOf(query: Query, sql: string, hash: Buffer): Promise<number | null> {
  const [row] = await query<{ id: string }>(sql, [hash]);
  return row ? Number(row.id) : null;
}
