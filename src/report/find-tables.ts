import { type Model, rank } from './model.js';
import type { ReportTable } from './report-data.js';

export const TABLE_KINDS = ['all', 'wrong', 'unjudged'] as const;
export const TABLE_SORTS = ['state', 'name', 'rows', 'newest'] as const;

/** Which tables are listed, and in which order. */
export interface TableQuery {
  /** Words in any order, each somewhere in the full name, a column's name or the state. */
  readonly search: string;
  /** Empty: any. */
  readonly source: string;
  readonly kind: (typeof TABLE_KINDS)[number];
  readonly sort: (typeof TABLE_SORTS)[number];
  /** The other way round than is usual for `sort`. */
  readonly reverse: boolean;
}

/** Worst first. */
export const ALL_TABLES: TableQuery = { search: '', source: '', kind: 'all', sort: 'state', reverse: false };

/** Words for what is known of a table on which nothing was found. */
export const STATE_WORDS: Readonly<Record<ReportTable['state'], string>> = {
  judged: 'as expected',
  learning: 'little history',
  failed: 'failed',
  skipped: 'skipped',
  gone: 'gone',
};

/** Looks tables up by their indices, again and again: what is searched in is made once. */
export function createTableFinder(model: Model): (query: TableQuery) => number[] {
  const { tables } = model.data;
  const texts = tables.map((_, index) => searchText(model, index));
  return ({ search, source, kind, sort, reverse }) => {
    const words = search.toLowerCase().split(/\s+/).filter(Boolean);
    const isOfKind = (index: number, { state }: ReportTable) =>
      kind === 'all' || (kind === 'wrong' ? model.worstOf(index) !== null : state !== 'judged');
    const direction = reverse ? -1 : 1;
    return [...tables.keys()]
      .filter((index) => {
        const table = tables[index]!;
        return (
          words.every((word) => texts[index]!.includes(word)) &&
          (source === '' || table.source === source) &&
          isOfKind(index, table)
        );
      })
      .sort((a, b) => direction * compareBy(model, sort, a, b) || a - b);
  };
}

/** Open incidents first, then the last week's worst, then everything that was ever wrong. */
export function byHeat(model: Model): number[] {
  const weights = model.data.tables.map((_, index) => heatWeight(model, index));
  return [...weights.keys()].sort((a, b) => weights[b]! - weights[a]! || a - b);
}

function heatWeight(model: Model, index: number): number {
  const { heat } = model.data.tables[index]!;
  return rank(model.worstOf(index)) * 1e6 + badness(heat.slice(-7)) * 1e3 + badness(heat);
}

/** The sum of squares of its days; a loop, as half a million days are summed up while nothing else can be answered. */
function badness(heat: string): number {
  let sum = 0;
  for (let day = 0; day < heat.length; day++) {
    const state = heat.charCodeAt(day) - 48;
    if (state > 0 && state < 4) sum += state ** 2;
  }
  return sum;
}

function searchText(model: Model, index: number): string {
  const table = model.data.tables[index]!;
  const name = `${table.source}.${table.schema}.${table.table}`;
  const columns = table.columns.map((column) => column.name);
  return [name, STATE_WORDS[table.state], model.worstOf(index) ?? '', ...columns].join('\n').toLowerCase();
}

function compareBy(model: Model, key: TableQuery['sort'], a: number, b: number): number {
  const [one, other] = [model.data.tables[a]!, model.data.tables[b]!];
  if (key === 'name') return a - b;
  if (key === 'rows') return (other.rows ?? -1) - (one.rows ?? -1);
  if (key === 'newest') return newestOf(other) - newestOf(one);
  return rank(model.worstOf(b)) - rank(model.worstOf(a)) || doubt(other) - doubt(one);
}

function newestOf({ newest }: ReportTable): number {
  return newest?.at ?? Number.MIN_SAFE_INTEGER;
}

/** What could not be judged comes before what was and is fine. */
function doubt({ state }: ReportTable): number {
  if (state === 'failed' || state === 'gone') return 2;
  return state === 'judged' ? 0 : 1;
}
