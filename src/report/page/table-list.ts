import type { Model } from '../model.js';
import { h } from './dom.js';
import { ago, count, shortCount } from './format.js';
import { tableLink } from './names.js';
import { type FoundTables, isUnfiltered, type PageSource } from './page-source.js';
import { sparkline } from './sparkline.js';
import { tableFilters } from './table-filters.js';
import { tableOrder } from './table-order.js';
import { stateTag } from './table-state.js';

/** More dots than these, the newest, would hide the line. */
const MAX_MARKS = 8;
/** Rows that are shown at first, and by each press of the button below them. */
const AT_A_TIME = 100;

/** All tables, worst first, with instant search. */
export function tableList({ data: { sources } }: Model, source: PageSource): HTMLElement {
  const body = h('tbody');
  const found = h('p', { class: 'found', role: 'status' });
  const more = h('button', { type: 'button', class: 'more' });
  const filters = tableFilters(
    sources,
    () => show(AT_A_TIME),
    () => body.querySelector('a')?.click(),
  );
  const order = tableOrder(() => show(AT_A_TIME));
  let shown = 0;
  more.addEventListener('click', () => show(shown + AT_A_TIME));
  const head = h('tr', {}, ...order.heads, h('th', { scope: 'col', class: 'trend' }, 'Rows per day or run'));
  show(AT_A_TIME);
  return h(
    'section',
    { 'aria-label': 'Tables' },
    h('div', { class: 'section-head' }, h('h2', {}, 'Tables'), found),
    filters.element,
    h('table', { class: 'tables' }, h('thead', {}, head), body),
    more,
  );

  function show(limit: number): void {
    shown = limit;
    const query = { ...filters.chosen(), ...order.chosen() };
    source.find(query, limit, ({ model, indices, matched }: FoundTables) => {
      const total = model.tables;
      found.textContent = isUnfiltered(query) ? count(total, 'table') : `${matched} of ${count(total, 'table')}`;
      const rows = indices.map((index) => tableRow(model, index));
      body.replaceChildren(...(rows.length === 0 ? [noRow(total)] : rows));
      more.hidden = rows.length >= matched;
      more.textContent = `Show ${Math.min(AT_A_TIME, matched - rows.length)} more of ${count(matched, 'table')}`;
    });
  }
}

function noRow(tables: number): HTMLTableRowElement {
  const words = tables === 0 ? 'No table was looked at.' : 'No table matches.';
  return h('tr', { class: 'nothing' }, h('td', { colspan: 5 }, words));
}

function tableRow(model: Model, index: number): HTMLTableRowElement {
  const table = model.data.tables[index]!;
  const trend = table.volume ?? table.rowCount;
  const newest = table.newest ? ago(table.newest.at, model.data.run.asOf) : '–';
  return h(
    'tr',
    {},
    h('th', { scope: 'row', class: 'name' }, tableLink(table)),
    h('td', {}, stateTag(model, index)),
    h('td', { class: 'number' }, table.rows === undefined ? '–' : shortCount(table.rows)),
    h('td', { class: 'number wide' }, newest),
    h(
      'td',
      { class: 'trend' },
      trend && trend.values.length > 1 ? sparkline(trend.values, trend.label, trend.marks.slice(-MAX_MARKS)) : null,
    ),
  );
}
