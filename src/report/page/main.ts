import 'uplot/dist/uPlot.min.css';
import './style.css';
import { createModel, type Model } from '../model.js';
import type { ReportData } from '../report-data.js';
import { h } from './dom.js';
import { foreign, moment } from './format.js';
import { overview } from './overview.js';
import { embeddedSource, type PageSource } from './page-source.js';
import { tableView } from './table-view.js';
import { themeToggle } from './theme.js';

const embedded = createModel(JSON.parse(document.getElementById('report-data')!.textContent!) as ReportData);
start(embedded, embeddedSource(embedded));

function start(model: Model, source: PageSource): void {
  const { run } = model.data;
  const front = overview(model, source);
  const main = h('main', { id: 'main', tabindex: -1 }, front);
  document.body.prepend(
    h('a', { class: 'skip', href: '#main', 'data-anchor': 'main' }, 'Skip to the content'),
    h(
      'header',
      { class: 'top' },
      h('a', { class: 'brand', href: '#/' }, 'Sentinel'),
      h(
        'p',
        { class: 'run' },
        'Run ',
        foreign(run.label),
        h('span', { class: 'as-of' }, ` · as of ${moment(run.asOf)}`),
      ),
      themeToggle(),
    ),
    main,
  );
  followHash(source, main, front);
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

/** `#/` is the overview, `#/table/KEY` a table, `#/incident/ID` the overview at one incident. */
function followHash(source: PageSource, main: HTMLElement, front: HTMLElement): void {
  let scrolled = 0;
  const follow = (first = false) => {
    const [, place, rest = ''] = location.hash.split('/');
    if (main.contains(front)) scrolled = scrollY;
    if (place === 'table') {
      const hash = location.hash;
      source.table(rest, (found) => {
        if (location.hash !== hash) return; // somebody went on meanwhile
        const view = found ? tableView(found.model, found.index) : missing();
        main.replaceChildren(view);
        document.title = `${found ? found.model.data.tables[found.index]!.table : 'No such table'} – Sentinel`;
        scrollTo(0, 0);
        if (!first) view.querySelector('h1')?.focus({ preventScroll: true });
      });
      return;
    }
    const back = !main.contains(front);
    if (back) main.replaceChildren(front);
    document.title = 'Sentinel report';
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

function missing(): HTMLElement {
  return h(
    'article',
    { class: 'table-view' },
    h('p', { class: 'back' }, h('a', { href: '#/' }, '← All tables')),
    h('h1', { tabindex: -1 }, 'This table is not in the report'),
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

function goTo(id: string): void {
  if (!document.getElementById(id))
    document.querySelector('section[aria-label="Incidents"]')?.dispatchEvent(new Event('reveal'));
  const place = document.getElementById(id);
  const folded = place?.closest('details');
  if (folded) folded.open = true;
  place?.scrollIntoView({ block: 'start' });
  place?.focus({ preventScroll: true });
}
