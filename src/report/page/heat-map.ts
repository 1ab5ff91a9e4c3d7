import { byHeat } from '../find-tables.js';
import type { Model } from '../model.js';
import { h } from './dom.js';
import { count, figureIn, month, weekday } from './format.js';
import { nameParts, tableLink } from './names.js';
import { createTooltip } from './tooltip.js';

const DAY = 86_400;
/** More rows than a screen holds are folded away; those with the worst and latest days come first. */
const FIRST = 60;

const STATES: Readonly<Record<string, { readonly name: string; readonly words: string }>> = {
  '-': { name: 'none', words: 'no data' },
  '~': { name: 'young', words: 'too little history to judge' },
  '0': { name: 'normal', words: 'as expected' },
  '1': { name: 'info', words: 'info' },
  '2': { name: 'warn', words: 'warning' },
  '3': { name: 'critical', words: 'critical' },
};

/** Tables × days. One stop for the tab key; arrow keys walk from day to day and from table to table, Enter opens the table. */
export function heatMap(model: Model): HTMLElement {
  const { heat } = model.data;
  const order = byHeat(model);
  const body = h('tbody', {}, ...order.slice(0, FIRST).map((table) => heatRow(model, table)));
  const grid = h(
    'table',
    {
      class: 'heat',
      role: 'grid',
      'aria-label': `State of ${count(Math.min(order.length, FIRST), 'table')} on ${count(heat.count, 'day')}`,
    },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col', class: 'hidden-head' }, h('span', { class: 'hidden' }, 'Table')),
        ...monthHeads(model),
      ),
    ),
    body,
  );
  const scroller = h('div', { class: 'heat-scroll' }, grid);
  const section = h(
    'section',
    { 'aria-label': 'Tables by day' },
    h('div', { class: 'section-head' }, h('h2', {}, 'Tables by day'), legend()),
    scroller,
  );
  if (model.tables > order.length)
    section.append(
      h('p', { class: 'found' }, `The worst of ${count(model.tables, 'table')}; the list below has them all.`),
    );
  else if (order.length > FIRST) {
    const more = h('button', { type: 'button', class: 'more' }, `Show all ${count(order.length, 'table')}`);
    more.addEventListener('click', () => {
      more.remove();
      body.append(...order.slice(FIRST).map((table) => heatRow(model, table)));
    });
    section.append(more);
  }
  tellOnPointing(model, grid);
  walkByKeys(grid);
  new ResizeObserver(() => scroller.scrollTo({ left: scroller.scrollWidth })).observe(scroller);
  return section;
}

function heatRow(model: Model, index: number): HTMLTableRowElement {
  const table = model.data.tables[index]!;
  const link = tableLink(table);
  link.tabIndex = -1; // the grid is one stop; Enter on a day follows it
  return h('tr', { 'data-table': index }, h('th', { scope: 'row' }, link), ...[...table.heat].map(heatCell));
}

const cells = new Map<string, HTMLTableCellElement>();

/** Thousands of them are on the first screen: a copy of a cell is made in a tenth of the time of a new one. */
function heatCell(state: string): Node {
  let cell = cells.get(state);
  if (!cell) {
    cell = h('td', { class: `cell ${STATES[state]?.name}`, role: 'gridcell', tabindex: -1 });
    cells.set(state, cell);
  }
  return cell.cloneNode();
}

function monthHeads(model: Model): HTMLElement[] {
  const heads: HTMLElement[] = [];
  for (let day = 0, span = 0; day < model.data.heat.count; day++) {
    span++;
    const now = month(model.firstDay + day * DAY);
    if (day + 1 < model.data.heat.count && month(model.firstDay + (day + 1) * DAY) === now) continue;
    heads.push(h('th', { scope: 'colgroup', colspan: span }, span > 5 ? now : h('span', { class: 'hidden' }, now)));
    span = 0;
  }
  return heads;
}

function legend(): HTMLElement {
  return h(
    'ul',
    { class: 'legend', 'aria-label': 'Legend' },
    ...['0', '1', '2', '3', '~', '-'].map((state) =>
      h('li', {}, h('span', { class: `cell ${STATES[state]!.name}` }), STATES[state]!.words),
    ),
  );
}

function tellOnPointing(model: Model, grid: HTMLElement): void {
  const tooltip = createTooltip();
  const tell = (event: Event) => {
    const cell = (event.target as Element).closest<HTMLTableCellElement>('td.cell');
    if (!cell) return tooltip.hide();
    const words = cellWords(model, Number(cell.closest('tr')!.dataset.table), cell.cellIndex - 1);
    cell.setAttribute('aria-label', words.map((word) => word.textContent).join(', '));
    tooltip.show(cell, ...words);
  };
  grid.addEventListener('pointerover', tell);
  grid.addEventListener('focusin', tell);
  grid.addEventListener('pointerleave', tooltip.hide);
  grid.addEventListener('focusout', tooltip.hide);
  grid.addEventListener('click', (event) => (event.target as Element).closest<HTMLElement>('td.cell')?.focus());
}

function cellWords(model: Model, index: number, day: number): Node[] {
  const table = model.data.tables[index]!;
  const time = model.firstDay + day * DAY;
  const state = STATES[table.heat[day]!]!;
  const words = [
    h('strong', {}, ...nameParts(table)),
    h('span', {}, weekday(time)),
    h('span', { class: `ink ${state.name}` }, state.words),
  ];
  const { volume } = table;
  const at = volume ? model.timesOf(volume).findIndex((start) => Math.round((start - time) / DAY) === 0) : -1;
  const rows = volume?.values[at];
  if (volume && rows != null) {
    const [lower, upper] = [volume.band?.lower[at], volume.band?.upper[at]];
    const expected =
      lower == null || upper == null ? '' : `, expected ${figureIn('count', lower)} to ${figureIn('count', upper)}`;
    words.push(h('span', {}, `${count(rows, 'row')} arrived${expected}`));
  }
  return words;
}

/** Only one cell is in the tab order, at first the last day of the first table. */
function walkByKeys(grid: HTMLTableElement): void {
  let current = grid.querySelector<HTMLElement>('tbody tr td:last-child');
  current?.setAttribute('tabindex', '0');
  grid.addEventListener('focusin', (event) => {
    const cell = (event.target as Element).closest<HTMLElement>('td.cell');
    if (!cell) return;
    current?.setAttribute('tabindex', '-1');
    cell.setAttribute('tabindex', '0');
    current = cell;
  });
  grid.addEventListener('keydown', (event) => {
    const cell = (event.target as Element).closest<HTMLTableCellElement>('td.cell');
    if (cell && event.key === 'Enter') cell.parentElement!.querySelector('a')!.click();
    const next = cell && neighbour(cell, event.key);
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    next.focus();
  });
}

function neighbour(cell: HTMLTableCellElement, key: string): Element | null | undefined {
  const row = cell.parentElement as HTMLTableRowElement;
  if (key === 'ArrowLeft') return cell.previousElementSibling?.matches('td') ? cell.previousElementSibling : null;
  if (key === 'ArrowRight') return cell.nextElementSibling;
  if (key === 'ArrowUp') return (row.previousElementSibling as HTMLTableRowElement | null)?.cells[cell.cellIndex];
  if (key === 'ArrowDown') return (row.nextElementSibling as HTMLTableRowElement | null)?.cells[cell.cellIndex];
  if (key === 'Home') return row.cells[1];
  if (key === 'End') return row.cells[row.cells.length - 1];
  return null;
}
