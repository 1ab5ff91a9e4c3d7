import type { ReportData, ReportTable } from '../report-data.js';
import { h, s } from './dom.js';
import { count, foreign, moment } from './format.js';
import { heatMap } from './heat-map.js';
import { incidentList, severityCounts } from './incidents.js';
import type { Model } from './model.js';
import { tableLink } from './names.js';
import { tableList } from './table-list.js';

/** The first screen: is my data fine? */
export function overview(model: Model): HTMLElement {
  return h(
    'div',
    { class: 'overview' },
    verdict(model),
    incidentList(model),
    notJudged(model),
    heatMap(model),
    tableList(model),
  );
}

function verdict(model: Model): HTMLElement {
  const { data, open } = model;
  const counts = severityCounts(model);
  return h(
    'section',
    { class: 'verdict', 'aria-label': 'Summary' },
    h('h1', {}, isFine(model) ? allGood() : null, headline(model)),
    counts.length > 0 ? h('p', { class: 'counts' }, ...counts) : null,
    h('p', { class: 'basis' }, ...basis(model), data.run.finished ? '' : ' The run was stopped before its end.'),
    open.length === 0 ? null : h('p', { class: 'hidden' }, 'The incidents follow, worst first.'),
  );
}

function isFine({ data, open }: Model): boolean {
  return open.every(({ severity }) => severity === 'info') && data.run.judged && data.tables.some(isJudged);
}

/** True where every source was reached and every table read. */
function isWhole({ sources, tables }: ReportData): boolean {
  return (
    sources.every(({ failure }) => failure === undefined) &&
    tables.every(({ state }) => state !== 'failed' && state !== 'skipped')
  );
}

function allGood(): SVGElement {
  return s(
    'svg',
    { class: 'good', viewBox: '0 0 20 20', 'aria-hidden': 'true' },
    s('path', { d: 'M3.5 10.5 8 15l8.5-10' }),
  );
}

function headline({ data, open }: Model): string {
  const wrong = open.filter(({ severity }) => severity !== 'info').length;
  if (wrong > 0) return wrong === 1 ? 'One thing is wrong' : `${wrong} things are wrong`;
  if (!data.run.judged) return 'Nothing was judged yet';
  if (data.tables.length === 0) return 'There are no tables to look at';
  if (!data.tables.some(isJudged))
    return data.tables.some(({ state }) => state === 'learning')
      ? 'There is no history to judge by yet'
      : 'No table could be judged';
  return isWhole(data) ? 'Nothing is wrong' : 'Nothing is wrong in what could be judged';
}

function isJudged({ state }: ReportTable): boolean {
  return state === 'judged';
}

/** What the headline rests on: how much was judged, when, and how much was not. */
function basis({ data }: Model): (Node | string)[] {
  const number = (...states: readonly string[]) => data.tables.filter(({ state }) => states.includes(state)).length;
  const judged = data.run.judged ? number('judged') : 0;
  const total = data.tables.length;
  const share =
    judged === total ? `${total > 1 ? 'All ' : ''}${count(total, 'table')}` : `${judged} of ${count(total, 'table')}`;
  const parts: (Node | string)[] = [`${share} judged as of ${moment(data.run.asOf)}.`];
  if (!data.run.judged) parts.push(' The run only profiled; “sentinel detect” judges it.');
  if (!isWhole(data) || number('learning') > 0)
    parts.push(' ', h('a', { href: '#not-judged', 'data-anchor': 'not-judged' }, 'What was not judged'), '.');
  return parts;
}

/** What nobody should take for fine: sources that are down, tables that failed, and what is too young for more than plain rules. */
function notJudged({ data }: Model): HTMLElement | null {
  const down = data.sources.filter(({ failure }) => failure !== undefined);
  const failed = data.tables.filter(({ state }) => state === 'failed' || state === 'skipped');
  const young = data.tables.filter(({ state }) => state === 'learning');
  if (down.length + failed.length + young.length === 0) return null;
  return h(
    'section',
    { class: 'not-judged', id: 'not-judged', tabindex: -1, 'aria-label': 'Not judged' },
    h('h2', {}, 'Not judged'),
    h(
      'ul',
      {},
      ...down.map(({ name, failure }) =>
        h('li', {}, h('strong', {}, 'Source ', foreign(name)), ' could not be reached: ', foreign(failure!)),
      ),
      ...failed.map((table) =>
        h(
          'li',
          {},
          tableLink(table),
          ` ${table.state}`,
          table.reason === undefined ? '' : ': ',
          table.reason === undefined ? '' : foreign(table.reason),
        ),
      ),
      young.length === 0
        ? null
        : h(
            'li',
            {},
            h(
              'details',
              {},
              h(
                'summary',
                {},
                `${count(young.length, 'table')} with too little history: only plain rules can say anything yet`,
              ),
              h(
                'p',
                { class: 'links' },
                ...young.slice(0, 100).map(tableLink),
                young.length > 100 ? `and ${young.length - 100} more` : null,
              ),
            ),
          ),
    ),
  );
}
