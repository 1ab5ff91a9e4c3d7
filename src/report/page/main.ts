import 'uplot/dist/uPlot.min.css';
import './style.css';
import { createModel, type Model } from '../model.js';
import type { ReportData } from '../report-data.js';
import type { InsteadOfReport } from '../template.js';
import { type Child, h } from './dom.js';
import { foreign, moment } from './format.js';
import { goTo } from './go-to.js';
import { LIVE_PAGES, liveStatus, navigation, STANDBY_PAGES, sentenceEnd, standbyStatus } from './live/live.js';
import { liveSource } from './live/live-source.js';
import { login } from './live/login.js';
import { startForm } from './live/runs-page.js';
import { overview } from './overview.js';
import { embeddedSource, type PageSource } from './page-source.js';
import { tableView } from './table-view.js';
import { themeToggle } from './theme.js';

/** Pages by the first part of the address after `#/`. */
type Pages = Readonly<Record<string, (rest: string) => Promise<HTMLElement>>>;

const { live } = document.documentElement.dataset;
const embedded = JSON.parse(document.getElementById('report-data')!.textContent!) as ReportData | InsteadOfReport;
if (embedded === 'login') document.body.prepend(h('main', { id: 'main' }, login()));
else if (embedded === 'making') start(null, liveStatus(null), LIVE_PAGES, beingMade);
else if (embedded !== null && 'standby' in embedded) {
  const reason = h('bdi', {}, sentenceEnd(embedded.standby));
  start(null, standbyStatus(reason), STANDBY_PAGES, () => standingBy(reason));
} else if (live === undefined) start(embedded && createModel(embedded), null, {});
else start(embedded && createModel(embedded), liveStatus(embedded?.run.label ?? null), LIVE_PAGES);

function start(
  model: Model | null,
  status: ReturnType<typeof liveStatus> | null,
  pages: Pages,
  instead = nothingYet,
): void {
  const source = model && (status ? liveSource(model, status.problem) : embeddedSource(model));
  const front = model && source ? overview(model, source) : instead();
  const main = h('main', { id: 'main', tabindex: -1 }, front);
  document.body.prepend(
    h('a', { class: 'skip', href: '#main', 'data-anchor': 'main' }, 'Skip to the content'),
    h(
      'header',
      { class: 'top' },
      h('a', { class: 'brand', href: '#/' }, 'Sentinel'),
      status ? navigation(pages) : null,
      model ? runLine(model) : null,
      themeToggle(),
    ),
    ...(status ? [status.element] : []),
    main,
  );
  followHash(source, main, front, pages, status !== null);
  anchorsInPlace();
  addEventListener('keydown', (event) => {
    if (event.key !== '/' || (event.target as Element).matches('input, select, textarea')) return;
    event.preventDefault();
    const search = () => document.getElementById('search')?.focus();
    if (front.isConnected) return search();
    addEventListener('hashchange', search, { once: true });
    location.hash = '#/';
  });
}

function runLine({ data: { run } }: Model): HTMLElement {
  return h(
    'p',
    { class: 'run' },
    'Run ',
    foreign(run.label),
    h('span', { class: 'as-of' }, ` · as of ${moment(run.asOf)}`),
  );
}

function nothingYet(): HTMLElement {
  return h(
    'div',
    { class: 'overview' },
    h('section', { class: 'verdict', 'aria-label': 'Summary' }, h('h1', {}, 'No run has ended yet'), startForm()),
  );
}

/** Nothing of the store is asked for: it would be refused. */
function standingBy(reason: HTMLElement): HTMLElement {
  return notice(
    'overview',
    'This instance stands by',
    ['Why: ', reason],
    [
      'Tables, incidents and runs are on the page of the active instance. They are shown here as soon as this one is active.',
    ],
  );
}

function beingMade(): HTMLElement {
  return notice('making', 'The page is being made', [
    'The daemon has just started. It judges every table anew, and shows them here when it has.',
  ]);
}

/** What stands in place of a report: why there is none, paragraph by paragraph. */
function notice(name: string, title: string, ...paragraphs: readonly (readonly Child[])[]): HTMLElement {
  const words = paragraphs.map((children) => h('p', { class: 'basis' }, ...children));
  return h(
    'div',
    { class: name },
    h('section', { class: 'verdict', 'aria-label': 'Summary' }, h('h1', {}, title), ...words),
  );
}

/**
 * `#/` is the overview, `#/table/KEY` a table, `#/incident/ID` the overview at one incident; live pages have places of their own.
 * A page without a report has its front in place of what it cannot show.
 */
function followHash(
  source: PageSource | null,
  main: HTMLElement,
  front: HTMLElement,
  pages: Pages,
  isLive: boolean,
): void {
  let scrolled = 0;
  const show = (view: HTMLElement, title: string, first: boolean) => {
    main.replaceChildren(view);
    document.title = `${title} – Sentinel`;
    scrollTo(0, 0);
    if (!first) view.querySelector('h1')?.focus({ preventScroll: true });
  };
  const follow = (first = false) => {
    const { hash } = location;
    const [, place = '', rest = ''] = hash.split('/');
    if (main.contains(front)) scrolled = scrollY;
    const isStill = () => location.hash === hash; // somebody may go on meanwhile
    if (place === 'table' && source) {
      source.table(rest, (found) => {
        const view = found ? tableView(found.model, found.index) : missing('This table is not in the report');
        if (isStill()) show(view, found ? found.model.data.tables[found.index]!.table : 'No such table', first);
      });
      return;
    }
    const page = Object.hasOwn(pages, place) ? pages[place] : undefined;
    const part = decoded(rest);
    if (part === null || !(page || isKnown(hash, place))) {
      show(missing('There is no such page'), 'No such page', first);
      return;
    }
    if (page) {
      page(part)
        .catch((error: Error) => missing(error.message))
        .then((view) => isStill() && show(view, view.querySelector('h1')!.textContent!, first));
      return;
    }
    const back = !main.contains(front);
    if (back) main.replaceChildren(front);
    document.title = isLive ? 'Sentinel' : 'Sentinel report';
    if (place === 'incident') goTo(`incident-${rest}`);
    else if (back) scrollTo(0, scrolled);
  };
  // the browser moves the page before it tells of a new hash: remember where it was left
  addEventListener('click', () => {
    if (main.contains(front)) scrolled = scrollY;
  });
  addEventListener('hashchange', () => follow());
  follow(true);
}

/** Places of any page, also of one that cannot show them now; an anchor such as `#main` is a place of the overview. */
function isKnown(hash: string, place: string): boolean {
  return !hash.startsWith('#/') || place === '' || place === 'table' || Object.hasOwn(LIVE_PAGES, place);
}

/** Null where it is not percent-encoded as it must be: somebody cut a link. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function missing(words: string): HTMLElement {
  return h(
    'article',
    { class: 'table-view' },
    h('p', { class: 'back' }, h('a', { href: '#/' }, '← Overview')),
    h('h1', { tabindex: -1 }, words),
  );
}

/** Links to a place of this page move there without another entry in the history. */
function anchorsInPlace(): void {
  addEventListener('click', (event) => {
    const link = (event.target as Element).closest<HTMLElement>('a[data-anchor]');
    if (!link || link.getAttribute('href')!.startsWith('#/')) return;
    event.preventDefault();
    goTo(link.dataset.anchor!);
  });
}
