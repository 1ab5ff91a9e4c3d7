import { h } from './dom.js';
import { ago, count, shortCount } from './format.js';
import type { Model } from './model.js';
import { tableLink } from './names.js';
import { sparkline } from './sparkline.js';
import { tableFilters } from './table-filters.js';
import { tableOrder } from './table-order.js';
import { stateTag } from './table-state.js';

/** More dots than these, the newest, would hide the line. */
const MAX_MARKS = 8;

/** All tables, worst first, with instant search. */
export function tableList(model: Model): HTMLElement {
  const rows = model.data.tables.map((_, index) => tableRow(model, index));
  const total = count(rows.length, 'table');
  const body = h('tbody');
  const found = h('p', { class: 'found', role: 'status' });
  const filters = tableFilters(model, show, () => body.querySelector('a')?.click());
  const order = tableOrder(model, show);
  const head = h('tr', {}, ...order.heads, h('th', { scope: 'col', class: 'trend' }, 'Rows per day or run'));
  show();
  return h(
    'section',
    { 'aria-label': 'Tables' },
    h('div', { class: 'section-head' }, h('h2', {}, 'Tables'), found),
    filters.element,
    h('table', { class: 'tables' }, h('thead', {}, head), body),
  );

  function show(): void {
    const wanted = [...rows.keys()].filter(filters.matches).sort(order.compare);
    found.textContent = wanted.length === rows.length ? total : `${wanted.length} of ${total}`;
    body.replaceChildren(...(wanted.length === 0 ? [noRow(rows.length)] : wanted.map((index) => rows[index]!)));
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
