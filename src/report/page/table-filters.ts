import type { TableQuery } from '../find-tables.js';
import type { ReportSource } from '../report-data.js';
import { h } from './dom.js';

const KINDS: readonly (readonly [TableQuery['kind'], string])[] = [
  ['all', 'All'],
  ['wrong', 'With incidents'],
  ['unjudged', 'Not judged'],
];

/** The bar above the list of tables. */
export interface TableFilters {
  readonly element: HTMLElement;
  /** What is typed and chosen. */
  chosen(): Pick<TableQuery, 'search' | 'source' | 'kind'>;
}

/** `changed` is called at each key. */
export function tableFilters(sources: readonly ReportSource[], changed: () => void, entered: () => void): TableFilters {
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
  let kind: TableQuery['kind'] = 'all';
  search.addEventListener('input', changed);
  search.addEventListener('keydown', (event) => event.key === 'Enter' && entered());
  source.addEventListener('change', changed);
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
    chosen: () => ({ search: search.value, source: source.value, kind }),
  };
}

function kindChips(choose: (kind: TableQuery['kind']) => void): HTMLElement {
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
