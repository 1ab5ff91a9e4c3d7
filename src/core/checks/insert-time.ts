import type { ColumnProfile, JsonValue, TableProfile } from '../model/profile.js';
import type { ColumnSpec, TableSpec, ValueKind } from '../model/relation.js';
import { parseTimestamp } from './parse-timestamp.js';

/** The column that says when a row arrived, and its newest value, epoch milliseconds; null where that is unknown. */
export interface InsertTime {
  readonly column: string;
  readonly newest: number | null;
}

/** Words of names that mean arrival, best first: when the warehouse took the row in, when it was made, when it happened. */
const ARRIVAL = [
  'inserted',
  'loaded',
  'ingested',
  'created',
  'recorded',
  'occurred',
  'event',
  'ordered',
  'at',
] as const;
/** From here on what happened may lie ahead: of a calendar's entries, or of what is planned. */
const HAPPENING = ARRIVAL.indexOf('recorded');
/** From here on a name alone is too little: where the rows' order is known it must agree. */
const WEAK = ARRIVAL.indexOf('ordered');
/** Any other name, where the rows lie in the order of the column. */
const ORDER_ONLY = ARRIVAL.length;

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
  ordered: 'ordered',
  placed: 'ordered',
  at: 'at',
};

/** Words after which it is another time: of the last change, of something planned, or of a person. */
const OTHER_TIMES =
  /^(?:update[ds]?|updated|modif(?:y|ied|ication)|change[ds]?|delete[ds]?|deletion|expir(?:y|es?|ed|ation)|until|end|due|valid|planned|scheduled|ends?|ended|starts?|last|next|seen|sync(?:ed|hronized)?|refresh(?:ed)?|birth|born|dob)$/;

const TYPE_RANK: readonly RegExp[] = [
  /^timestamp(?:\(\d\))? with time zone$/,
  /^timestamp(?:\(\d\))? without time zone$/,
  /^date$/,
];

/** The same of kinds: a domain over them is as good. */
const KIND_RANK: readonly ValueKind[] = ['timestamptz', 'timestamp', 'date'];

/** A stray null does not make another column the insert time, or its series would jump. */
const MAX_NULL_SHARE = 0.01;
const DAY_MS = 86_400_000;
/** Correlation of a column with the rows' physical order below which a weak name is not believed, and from which any is. */
const SOME_ORDER = 0.5;
const FULL_ORDER = 0.95;
/** A few rows may lie in order by chance. */
const MIN_ORDERED_ROWS = 1_000;

/**
 * The insert-time column as it is to be known before the rows are read: the declared one where the table has it as a date
 * or timestamp; else the best by name of those that, as far as the statistics say, are (almost) never null, or else the
 * first never-null one whose order is that of the rows. Null where there is none.
 */
export function chooseInsertTime(
  table: Pick<TableSpec, 'columns' | 'estimatedRows'>,
  declared?: string,
): string | null {
  if (declared !== undefined)
    return table.columns.find(({ name, kind }) => name === declared && KIND_RANK.includes(kind))?.name ?? null;
  return rankInsertTimes(table)[0]?.column ?? null;
}

/** A column that may be a table's insert time. */
export interface InsertTimeCandidate {
  readonly column: string;
  /** The word of its name by which it is one; null: the rows lie in its order. */
  readonly word: string | null;
  /** False where a look at the rows may find that it is none: what happened may lie ahead, and nulls are not known. */
  readonly sure: boolean;
}

/** The candidates among a table's columns, before its rows are read, best first. */
export function rankInsertTimes({
  columns,
  estimatedRows,
}: Pick<TableSpec, 'columns' | 'estimatedRows'>): InsertTimeCandidate[] {
  return columns
    .flatMap((column) => {
      const rank = rankOfSpec(column, estimatedRows);
      return rank === null ? [] : [{ column, rank }];
    })
    .sort((a, b) => a.rank - b.rank)
    .map(({ column: { name, notNull, statistics }, rank }) => {
      const meaning = Math.floor(rank / KIND_RANK.length);
      const known = notNull || statistics !== undefined;
      return { column: name, word: ARRIVAL[meaning] ?? null, sure: meaning < HAPPENING && known };
    });
}

/** Smaller is better, null is no candidate. */
function rankOfSpec({ name, kind, notNull, statistics }: ColumnSpec, rows: number): number | null {
  const type = KIND_RANK.indexOf(kind);
  if (type < 0) return null;
  const meaning = meaningOf(name);
  if (meaning === null) return null;
  const order = statistics?.correlation === undefined ? null : Math.abs(statistics.correlation);
  if (!notNull && statistics !== undefined && statistics.nullShare > MAX_NULL_SHARE) return null;
  if (meaning >= WEAK && order !== null && order < SOME_ORDER) return null;
  if (meaning === ORDER_ONLY) {
    const neverNull = notNull || statistics?.nullShare === 0;
    if (!neverNull || order === null || order < FULL_ORDER || rows < MIN_ORDERED_ROWS) return null;
  }
  return meaning * KIND_RANK.length + type;
}

/**
 * Whether a column that was chosen before the scan is what it was taken for: (almost) never null, and, unless its name
 * says when the row was made, not ahead of `now` (epoch ms), as a calendar's is.
 */
export function isInsertTime(profile: TableProfile, name: string, now: number): boolean {
  const column = profile.columns.find((each) => each.name === name);
  if (column?.nullCount === undefined || column.nullCount > MAX_NULL_SHARE * (profile.rowCount ?? 0)) return false;
  return !isAhead(column, meaningOf(name) ?? ORDER_ONLY, now);
}

/**
 * The insert-time column of a measured table: the declared one (or the one that its history is of) where the table has it; else the best by name of the
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
  const meaning = meaningOf(column.name);
  if (meaning === null || meaning >= WEAK || isAhead(column, meaning, now)) return null;
  return meaning * TYPE_RANK.length + type;
}

/** Index of what a name says, `ORDER_ONLY` where it says nothing; null where it says that it is another time. */
function meaningOf(name: string): number | null {
  const words = wordsOf(name);
  if (words.some((word) => OTHER_TIMES.test(word))) return null;
  const meanings = words.flatMap((word) => (Object.hasOwn(WORDS, word) ? [ARRIVAL.indexOf(WORDS[word]!)] : []));
  return Math.min(ORDER_ONLY, ...meanings);
}

function isAhead(column: ColumnProfile, meaning: number, now: number): boolean {
  const newest = epochMs(column.max);
  return meaning >= HAPPENING && newest !== null && newest > now + DAY_MS;
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
