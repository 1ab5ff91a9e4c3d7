import type { ReportTable } from '../report-data.js';
import { h } from './dom.js';
import type { Model } from './model.js';
import { stateWords } from './table-state.js';

type Kind = 'all' | 'wrong' | 'unjudged';

const KINDS: readonly (readonly [Kind, string])[] = [
  ['all', 'All'],
  ['wrong', 'With incidents'],
  ['unjudged', 'Not judged'],
];

/** The bar above the list of tables. */
export interface TableFilters {
  readonly element: HTMLElement;
  /** True for a table, by its index, that what is typed and chosen lets in. */
  matches(index: number): boolean;
}

/** Search by words in any order, each somewhere in the full name, a column's name or the state; `changed` is called at once. */
export function tableFilters(model: Model, changed: () => void, entered: () => void): TableFilters {
  const { tables, sources } = model.data;
  const texts = tables.map((_, index) => searchText(model, index));
  const search = h('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Search tables and columns',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const source = h(
    'select',
    { 'aria-label': 'Source' },
    h('option', { value: '' }, 'All sources'),
    ...sources.map(({ name }) => h('option', { value: name }, name)),
  );
  let kind: Kind = 'all';
  let words: readonly string[] = [];
  search.addEventListener('input', () => {
    words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    changed();
  });
  search.addEventListener('keydown', (event) => event.key === 'Enter' && entered());
  source.addEventListener('change', changed);
  const isOfKind = (index: number, { state }: ReportTable) =>
    kind === 'all' || (kind === 'wrong' ? model.worstOf(index) !== null : state !== 'judged');
  const chips = kindChips((chosen) => {
    kind = chosen;
    changed();
  });
  return {
    element: h(
      'div',
      { class: 'filters', role: 'search' },
      h('label', { class: 'hidden', for: 'search' }, 'Search tables and columns'),
      search,
      chips,
      sources.length > 1 ? source : null,
    ),
    matches(index) {
      const table = tables[index]!;
      return (
        words.every((word) => texts[index]!.includes(word)) &&
        (source.value === '' || table.source === source.value) &&
        isOfKind(index, table)
      );
    },
  };
}

function kindChips(choose: (kind: Kind) => void): HTMLElement {
  const chips = KINDS.map(([kind, words]) => {
    const chip = h('button', { type: 'button', class: 'chip', 'aria-pressed': String(kind === 'all') }, words);
    chip.addEventListener('click', () => {
      for (const each of chips) each.setAttribute('aria-pressed', String(each === chip));
      choose(kind);
    });
    return chip;
  });
  return h('div', { class: 'chips', role: 'group', 'aria-label': 'Show' }, ...chips);
}

function searchText(model: Model, index: number): string {
  const table = model.data.tables[index]!;
  const name = `${table.source}.${table.schema}.${table.table}`;
  const columns = table.columns.map((column) => column.name);
  return [name, stateWords(table), model.worstOf(index) ?? '', ...columns].join('\n').toLowerCase();
}
