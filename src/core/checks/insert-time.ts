import type { ColumnProfile, JsonValue, TableProfile } from '../model/profile.js';
import { parseTimestamp } from './parse-timestamp.js';

/** The column that says when a row arrived, and its newest value, epoch milliseconds; null where that is unknown. */
export interface InsertTime {
  readonly column: string;
  readonly newest: number | null;
}

/** Words of names that mean arrival, best first: when the warehouse took the row in, when it was made, when it happened. */
const ARRIVAL = ['inserted', 'loaded', 'ingested', 'created', 'recorded', 'occurred', 'event'] as const;

const WORDS: Readonly<Record<string, (typeof ARRIVAL)[number]>> = {
  insert: 'inserted',
  inserted: 'inserted',
  insertion: 'inserted',
  load: 'loaded',
  loaded: 'loaded',
  ingest: 'ingested',
  ingested: 'ingested',
  ingestion: 'ingested',
  create: 'created',
  created: 'created',
  creation: 'created',
  record: 'recorded',
  recorded: 'recorded',
  occurred: 'occurred',
  event: 'event',
};

/** Words after which it is another time: of the last change, or of something planned. */
const OTHER_TIMES =
  /^(?:update[ds]?|updated|modif(?:y|ied|ication)|change[ds]?|delete[ds]?|deletion|expir(?:y|es?|ed|ation)|until|end|due|valid|planned|scheduled)$/;

const TYPE_RANK: readonly RegExp[] = [
  /^timestamp(?:\(\d\))? with time zone$/,
  /^timestamp(?:\(\d\))? without time zone$/,
  /^date$/,
];

/** A stray null does not make another column the insert time, or its series would jump. */
const MAX_NULL_SHARE = 0.01;
const DAY_MS = 86_400_000;

/**
 * The insert-time column of a measured table: the declared one where the table has it; else the best by name of the
 * date and timestamp columns that are (almost) never null. Columns of change times are never taken, and an event time
 * that lies ahead of `now` (epoch ms) is a calendar's. Null where there is none; the same profile gives the same column.
 */
export function findInsertTime(profile: TableProfile, now: number, declared?: string): InsertTime | null {
  if (profile.status !== 'ok') return null;
  if (declared !== undefined) {
    const column = profile.columns.find((each) => each.name === declared);
    return column ? { column: declared, newest: epochMs(column.max) } : null;
  }
  let best: { readonly column: ColumnProfile; readonly rank: number } | undefined;
  for (const column of profile.columns) {
    const rank = rankOf(column, profile.rowCount ?? 0, now);
    if (rank !== null && (best === undefined || rank < best.rank)) best = { column, rank };
  }
  return best ? { column: best.column.name, newest: epochMs(best.column.max) } : null;
}

/** Smaller is better, null is no candidate; on equal ranks the first column of the table is taken. */
function rankOf(column: ColumnProfile, rows: number, now: number): number | null {
  const type = TYPE_RANK.findIndex((pattern) => pattern.test(column.type));
  if (type < 0 || column.nullCount === undefined || column.nullCount > MAX_NULL_SHARE * rows) return null;
  const words = wordsOf(column.name);
  if (words.some((word) => OTHER_TIMES.test(word))) return null;
  const meanings = words.flatMap((word) => (Object.hasOwn(WORDS, word) ? [ARRIVAL.indexOf(WORDS[word]!)] : []));
  if (meanings.length === 0) return null;
  const meaning = Math.min(...meanings);
  const newest = epochMs(column.max);
  if (meaning >= ARRIVAL.indexOf('recorded') && newest !== null && newest > now + DAY_MS) return null;
  return meaning * TYPE_RANK.length + type;
}

/** `createdAt`, `created_at`, `_CREATED-AT` → created, at. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

function epochMs(value: JsonValue | undefined): number | null {
  return typeof value === 'string' ? parseTimestamp(value) : null;
}
