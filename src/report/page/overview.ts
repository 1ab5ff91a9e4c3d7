import type { Model } from '../model.js';
import type { ReportData } from '../report-data.js';
import { afterPaint, h, s } from './dom.js';
import { count, foreign, moment, span } from './format.js';
import { heatMap } from './heat-map.js';
import { incidentList, severityCounts } from './incidents.js';
import { tableLink } from './names.js';
import type { PageSource } from './page-source.js';
import { tableList } from './table-list.js';

/** Tables that are named where many are in the same state. */
const MOST_LISTED = 100;

/** The first screen: is my data fine? The answer is painted before the thousands of cells and lines below it are made. */
export function overview(model: Model, source: PageSource): HTMLElement {
  const answer = h('div', { class: 'overview' }, verdict(model), incidentList(model), notJudged(model));
  afterPaint(() => answer.append(heatMap(model), tableList(model, source)));
  return answer;
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
  return open.every(({ severity }) => severity === 'info') && data.run.judged && data.totals.judged > 0;
}

/** True where every source was reached and every table read. */
function isWhole({ sources, totals }: ReportData): boolean {
  return sources.every(({ failure }) => failure === undefined) && totals.failed + totals.skipped === 0;
}

function allGood(): SVGElement {
  return s(
    'svg',
    { class: 'good', viewBox: '0 0 20 20', 'aria-hidden': 'true' },
    s('path', { d: 'M3.5 10.5 8 15l8.5-10' }),
  );
}

function headline({ data, open, tables }: Model): string {
  const wrong = open.filter(({ severity }) => severity !== 'info').length;
  if (wrong > 0) return wrong === 1 ? 'One thing is wrong' : `${wrong} things are wrong`;
  if (!data.run.judged) return 'Nothing was judged yet';
  if (tables === 0) return 'There are no tables to look at';
  if (data.totals.judged === 0)
    return data.totals.learning > 0 ? 'There is no history to judge by yet' : 'No table could be judged';
  return isWhole(data) ? 'Nothing is wrong' : 'Nothing is wrong in what could be judged';
}

/** What the headline rests on: how much was judged, when, and how much was not. */
function basis({ data, tables: total }: Model): (Node | string)[] {
  const earlier = data.earlier?.tables ?? 0;
  const judged = data.run.judged ? data.totals.judged - earlier : 0;
  const share =
    judged === total ? `${total > 1 ? 'All ' : ''}${count(total, 'table')}` : `${judged} of ${count(total, 'table')}`;
  const parts: (Node | string)[] = [`${share} judged as of ${moment(data.run.asOf)}`];
  if (data.run.judged && earlier > 0) parts.push('; ', ...lookedAtBefore(data));
  parts.push('.');
  if (!data.run.judged) parts.push(' The run only profiled; “sentinel detect” judges it.');
  if (!isWhole(data) || data.totals.learning > 0)
    parts.push(' ', h('a', { href: '#not-judged', 'data-anchor': 'not-judged' }, 'What was not judged'), '.');
  return parts;
}

/** A run of a part leaves the rest as it was: nobody should take that for fresh. */
function lookedAtBefore({ earlier, run }: ReportData): string[] {
  const oldest = earlier?.oldest;
  const when = oldest === undefined ? '' : `, the oldest ${moment(oldest)}, ${span(run.asOf - oldest)} before`;
  return [`${earlier!.tables} as they were last looked at${when}`];
}

/** What nobody should take for fine: sources that are down, tables that failed, and what is too young for more than plain rules. */
function notJudged({ data }: Model): HTMLElement | null {
  const down = data.sources.filter(({ failure }) => failure !== undefined);
  const failed = data.tables.filter(({ state }) => state === 'failed' || state === 'skipped');
  const young = data.tables.filter(({ state }) => state === 'learning');
  const { totals } = data;
  if (down.length + totals.failed + totals.skipped + totals.learning === 0) return null;
  const notShown = totals.failed + totals.skipped - failed.length;
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
      notShown > 0 ? h('li', {}, `and ${count(notShown, 'more table')} that failed or were skipped`) : null,
      totals.learning === 0
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
                `${count(totals.learning, 'table')} with too little history: only plain rules can say anything yet`,
              ),
              h(
                'p',
                { class: 'links' },
                ...young.slice(0, MOST_LISTED).map(tableLink),
                totals.learning > MOST_LISTED ? `and ${totals.learning - MOST_LISTED} more` : null,
              ),
            ),
          ),
    ),
  );
}
