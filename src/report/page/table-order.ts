import type { ReportTable } from '../report-data.js';
import { h } from './dom.js';
import { type Model, rank } from './model.js';

type SortKey = 'state' | 'name' | 'rows' | 'newest';

const HEADS: readonly (readonly [key: SortKey, words: string, className: string])[] = [
  ['name', 'Table', 'name'],
  ['state', 'State', ''],
  ['rows', 'Rows', 'number'],
  ['newest', 'Newest row', 'number wide'],
];

/** Column heads that sort: once for the usual direction, again for the other. */
export interface TableOrder {
  readonly heads: readonly HTMLElement[];
  /** Compares two tables by their indices. */
  compare(a: number, b: number): number;
}

/** Worst first, until a head is pressed. */
export function tableOrder(model: Model, changed: () => void): TableOrder {
  let key: SortKey = 'state';
  let direction = 1;
  const heads = HEADS.map(([ofHead, words, className]) => {
    const button = h('button', { type: 'button' }, words);
    const head = h('th', { scope: 'col', class: className, 'aria-sort': ofHead === key && 'ascending' }, button);
    button.addEventListener('click', () => {
      direction = key === ofHead ? -direction : 1;
      key = ofHead;
      for (const each of heads) each.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', direction > 0 ? 'ascending' : 'descending');
      changed();
    });
    return head;
  });
  return { heads, compare: (a, b) => direction * compareBy(model, key, a, b) || a - b };
}

function compareBy(model: Model, key: SortKey, a: number, b: number): number {
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
