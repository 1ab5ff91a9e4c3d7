import { figure, percent } from '../../core/checks/sentence.js';
import type { ReportColumn, ReportTable } from '../report-data.js';
import { h } from './dom.js';
import { foreign, shortCount } from './format.js';
import { shapeArea, trendLine } from './sparkline.js';

const TOP = 5;

/** A row for each column: nulls, distinct values, distribution, most frequent values. */
export function columnTable({ columns }: ReportTable): HTMLElement {
  const heads = ['Column', 'Nulls', 'Distinct', 'Distribution, 1st to 99th percentile', 'Most frequent'];
  return h(
    'table',
    { class: 'columns' },
    h('thead', {}, h('tr', {}, ...heads.map((words) => h('th', { scope: 'col' }, words)))),
    h('tbody', {}, ...columns.map(columnRow)),
  );
}

function columnRow(column: ReportColumn): HTMLTableRowElement {
  const name = h('th', { scope: 'row' }, foreign(column.name, 'column-name'), foreign(column.type, 'type'));
  if (column.failure !== undefined)
    return h('tr', {}, name, h('td', { colspan: 4, class: 'failure' }, 'Could not be read: ', foreign(column.failure)));
  return h(
    'tr',
    {},
    name,
    h('td', { 'data-label': 'Nulls' }, ...nulls(column)),
    h('td', { 'data-label': 'Distinct' }, distinct(column)),
    h('td', { 'data-label': 'Distribution', class: 'distribution' }, ...distribution(column)),
    h('td', { 'data-label': 'Most frequent' }, frequent(column)),
  );
}

function nulls({ nullRate, nullTrend, name }: ReportColumn): Node[] {
  if (nullRate === undefined) return [h('span', {}, '–')];
  const rate = h('span', { class: nullRate === 0 ? 'nil' : 'figure' }, percent(nullRate));
  return nullTrend
    ? [rate, trendLine(nullTrend, `Null rate of ${name}, ${percent(nullTrend.low)} to ${percent(nullTrend.high)}`)]
    : [rate];
}

function distinct({ distinct: number, estimated }: ReportColumn): HTMLElement {
  return h('span', { class: 'figure' }, number === undefined ? '–' : `${estimated ? '~' : ''}${shortCount(number)}`);
}

function distribution({ shape, ends, median, min, max, mean, meanTrend, name }: ReportColumn): Node[] {
  const parts: Node[] = [];
  if (shape) {
    const from = ends ? ` from ${ends[0]} to ${ends[1]}` : '';
    parts.push(shapeArea(shape, `Distribution of ${name}${from}`, median?.at));
  }
  if (ends) parts.push(h('span', { class: 'ends' }, foreign(ends[0]), foreign(ends[1])));
  const words: Node[] = [];
  if (min !== undefined && max !== undefined) words.push(h('span', {}, foreign(min), ' to ', foreign(max)));
  if (median?.value !== undefined) words.push(h('span', {}, 'median ', foreign(median.value)));
  if (mean !== undefined)
    words.push(
      h(
        'span',
        { class: 'mean' },
        `mean ${figure(mean)}`,
        meanTrend && trendLine(meanTrend, `Mean of ${name}, ${figure(meanTrend.low)} to ${figure(meanTrend.high)}`),
      ),
    );
  if (words.length > 0) parts.push(h('span', { class: 'range' }, ...words));
  return parts;
}

function frequent({ top, masked }: ReportColumn): HTMLElement | null {
  if (masked) return mask(masked);
  if (!top || top.length === 0) return h('span', { class: 'nil' }, 'none stands out');
  return h(
    'ol',
    { class: 'frequent' },
    ...top.slice(0, TOP).map(([value, share]) => {
      const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
      bar.style.width = `${Math.max(1, share * 100)}%`;
      return h(
        'li',
        {},
        bar,
        value === '' ? h('span', { class: 'nil' }, 'empty text') : foreign(value, 'value'),
        h('span', { class: 'share' }, percent(share)),
      );
    }),
  );
}

function mask(kind: NonNullable<ReportColumn['masked']>): HTMLElement {
  return h('span', { class: 'masked' }, `masked: looks personal (${kind})`);
}
