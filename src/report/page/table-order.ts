import type { TableQuery } from '../find-tables.js';
import { h } from './dom.js';

const HEADS: readonly (readonly [sort: TableQuery['sort'], words: string, className: string])[] = [
  ['name', 'Table', 'name'],
  ['state', 'State', ''],
  ['rows', 'Rows', 'number'],
  ['newest', 'Newest row', 'number wide'],
];

/** Column heads that sort: once for the usual direction, again for the other. */
export interface TableOrder {
  readonly heads: readonly HTMLElement[];
  chosen(): Pick<TableQuery, 'sort' | 'reverse'>;
}

/** Worst first, until a head is pressed. */
export function tableOrder(changed: () => void): TableOrder {
  let [sort, reverse]: [TableQuery['sort'], boolean] = ['state', false];
  const heads = HEADS.map(([ofHead, words, className]) => {
    const button = h('button', { type: 'button' }, words);
    const head = h('th', { scope: 'col', class: className, 'aria-sort': ofHead === sort && 'ascending' }, button);
    button.addEventListener('click', () => {
      reverse = sort === ofHead && !reverse;
      sort = ofHead;
      for (const each of heads) each.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', reverse ? 'descending' : 'ascending');
      changed();
    });
    return head;
  });
  return { heads, chosen: () => ({ sort, reverse }) };
}
