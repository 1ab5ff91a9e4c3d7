import type { Model } from '../model.js';
import type { ReportSeries, ReportTable } from '../report-data.js';
import { seriesChart } from './chart.js';
import { columnTable } from './column-table.js';
import { type Child, h } from './dom.js';
import { ago, count, foreign, moment, sentence } from './format.js';
import { incidentAnchor, namesOrNull } from './incidents.js';
import { nameParts, severityMark } from './names.js';
import { stateTag } from './table-state.js';

const CHART_HEIGHT = 200;

/** Everything the report holds of one table. */
export function tableView(model: Model, index: number): HTMLElement {
  const table = model.data.tables[index]!;
  const charts = [table.volume, table.rowCount, table.freshness].filter(
    (series) => series !== undefined && series.values.length > 1,
  ) as ReportSeries[];
  return h(
    'article',
    { class: 'table-view' },
    h('p', { class: 'back' }, h('a', { href: '#/' }, '← All tables')),
    h('h1', { tabindex: -1 }, ...nameParts(table)),
    h(
      'p',
      { class: 'verdict-line' },
      stateTag(model, index),
      table.reason === undefined ? null : h('span', { class: 'reason' }, foreign(table.reason)),
    ),
    table.description === undefined ? null : h('p', { class: 'description' }, foreign(table.description)),
    figures(model, table),
    incidentLinks(model, index),
    h('div', { class: 'charts' }, ...charts.map((series) => seriesChart(series, model.timesOf(series), CHART_HEIGHT))),
    changes(table),
    table.columns.length === 0
      ? h('p', { class: 'empty' }, 'No figures of its columns are in this report.')
      : h(
          'section',
          { 'aria-label': 'Columns' },
          h(
            'div',
            { class: 'section-head' },
            h('h2', {}, 'Columns'),
            h('p', { class: 'found' }, count(table.columns.length, 'column')),
          ),
          columnTable(table),
        ),
  );
}

function figures(model: Model, table: ReportTable): HTMLElement {
  const { asOf } = model.data.run;
  const entries: readonly (readonly [string, Child])[] = [
    ['Rows', table.rows === undefined ? null : count(table.rows, 'row').replace(/ rows?$/, '')],
    [
      'Newest row',
      table.newest
        ? h(
            'span',
            {},
            ago(table.newest.at, asOf),
            h('small', {}, moment(table.newest.at), ' in ', foreign(table.newest.column)),
          )
        : null,
    ],
    ['Owner', table.owner === undefined ? null : foreign(table.owner)],
    ['Feeds', namesOrNull(table.feeds)],
    ['Referred to by', namesOrNull(table.referencedBy)],
    ['Looked at', table.seenAt === undefined ? null : moment(table.seenAt)],
  ];
  const known = entries.filter(([, value]) => value !== null);
  return h(
    'dl',
    { class: 'figures' },
    ...known.map(([term, value]) => h('div', {}, h('dt', {}, term), h('dd', {}, value))),
  );
}

function incidentLinks(model: Model, index: number): HTMLElement | null {
  const incidents = model.incidentsOf(index);
  const noticed = model.noticedOf(index);
  if (incidents.length + noticed.length === 0) return null;
  return h(
    'ul',
    { class: 'incident-links', 'aria-label': 'Incidents of this table' },
    ...incidents.map(({ id, severity, title }) =>
      h(
        'li',
        {},
        severityMark(severity),
        h('a', { href: `#/incident/${encodeURIComponent(id)}`, 'data-anchor': incidentAnchor(id) }, sentence(title)),
      ),
    ),
    ...noticed.map(({ severity, message }) => h('li', {}, severityMark(severity), sentence(message))),
  );
}

function changes({ changes }: ReportTable): HTMLElement | null {
  if (changes.length === 0) return null;
  return h(
    'section',
    { 'aria-label': 'Schema changes' },
    h('h2', {}, 'Schema changes'),
    h(
      'ul',
      { class: 'changes' },
      ...changes.map(({ at, text }) => h('li', {}, h('span', { class: 'when' }, moment(at)), foreign(text))),
    ),
  );
}
