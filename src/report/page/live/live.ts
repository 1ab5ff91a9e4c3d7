import { h } from '../dom.js';
import { foreign } from '../format.js';
import { incidentPage } from './incident-page.js';
import { runPage } from './run-page.js';
import { progressWords, runsPage } from './runs-page.js';
import { settingsPage } from './settings-page.js';

/** What the daemon tells while a run goes on. */
interface Running {
  readonly run: string | null;
  readonly tables: { readonly listed: number; readonly done: number; readonly failed: number };
  readonly rows: number;
}

interface Status {
  readonly role: string;
  readonly reason: string | null;
  readonly running: Running | null;
  /** The run that the page would show now. */
  readonly page: string | null;
}

const PLACES = [
  ['#/', 'Overview'],
  ['#/runs', 'Runs'],
  ['#/settings', 'Settings'],
] as const;

/** Pages that only a server can fill, by the first part of the address after `#/`; each is given the rest, decoded. */
export const LIVE_PAGES: Readonly<Record<string, (rest: string) => Promise<HTMLElement>>> = {
  runs: () => runsPage(),
  run: runPage,
  settings: () => settingsPage(),
  incident: incidentPage,
};

/** Those of an instance that stands by: they need no store. */
export const STANDBY_PAGES: typeof LIVE_PAGES = { settings: () => settingsPage() };

/** Links between the pages; the one that is open is marked. */
export function navigation(pages: typeof LIVE_PAGES): HTMLElement {
  const places = PLACES.filter(([href]) => href === '#/' || Object.hasOwn(pages, href.slice(2)));
  const links = places.map(([href, words]) => h('a', { href }, words));
  const mark = () => {
    const [, place = ''] = location.hash.split('/');
    for (const link of links) {
      const isHere = link.getAttribute('href') === `#/${place}`;
      if (isHere) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  };
  addEventListener('hashchange', mark);
  mark();
  return h('nav', { class: 'places', 'aria-label': 'Pages' }, ...links);
}

/**
 * A line that tells what goes on now: a run and how far it is, results that are newer than the page, a daemon that is away. A page that
 * shows no run (`shown` is null) gives way to the first that there is.
 */
export function liveStatus(shown: string | null): { readonly element: HTMLElement; problem(words: string): void } {
  const words = h('span', { role: 'status' });
  const bar = h('progress', { 'aria-label': 'Progress of the run', hidden: true });
  const reload = h('button', { type: 'button', class: 'primary', hidden: true }, 'Show');
  reload.addEventListener('click', () => location.reload());
  const element = h('div', { class: 'live', hidden: true }, words, bar, reload);
  const tell = (...nodes: readonly (Node | string)[]) => {
    words.replaceChildren(...nodes);
    element.hidden = nodes.length === 0;
  };
  const progress = (running: Running) => {
    bar.hidden = false;
    bar.max = Math.max(running.tables.listed, 1);
    bar.value = running.tables.done;
    tell('Run ', foreign(running.run ?? 'begins'), `: ${progressWords(running)}`);
  };
  const news = (text: string) => {
    bar.hidden = true;
    reload.hidden = false;
    tell(text);
  };
  const events = new EventSource('/api/v1/events');
  const on = <T>(type: string, take: (data: T) => void) =>
    events.addEventListener(type, (event) => take(JSON.parse((event as MessageEvent<string>).data) as T));
  on<Status>('status', (status) => {
    const isNew = status.page !== null && status.page !== shown;
    if (isNew && shown === null) return location.reload();
    bar.hidden = true;
    if (status.running) progress(status.running);
    else if (status.role === 'standby') tell(`This instance stands by: ${status.reason}`);
    else if (isNew) news(`Run ${status.page} has ended.`);
    else if (reload.hidden) tell();
  });
  on<Running>('run_started', progress);
  on<Running>('run_progress', progress);
  on<Running & { readonly outcome: string }>('run_ended', ({ run, outcome }) => {
    if (run !== null && run === shown) return news(`Run ${run} has been judged again.`);
    bar.hidden = true;
    tell(outcome === 'failed' ? `Run ${run ?? ''} failed.` : `Run ${run ?? ''} has ended. Its page is being made.`);
  });
  on<object>('incident_changed', () => {
    if (bar.hidden && reload.hidden) news('Incidents have changed.');
  });
  events.addEventListener('error', () => tell('The daemon does not answer. What is shown may be old.'));
  return { element, problem: (text) => tell(text) };
}

/** With its full stop, which some reasons bring. */
export function sentenceEnd(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}

/** The line of an instance that stands by: `reason` is kept as it is now, and the page gives way when the instance is active. */
export function standbyStatus(reason: HTMLElement): ReturnType<typeof liveStatus> {
  const words = h('span', { role: 'status' });
  const element = h('div', { class: 'live', hidden: true }, words);
  const tell = (text: string) => {
    words.textContent = text;
    element.hidden = text === '';
  };
  const events = new EventSource('/api/v1/events');
  events.addEventListener('status', (event) => {
    const status = JSON.parse((event as MessageEvent<string>).data) as Status;
    if (status.role !== 'standby') return location.reload();
    if (status.reason !== null) reason.textContent = sentenceEnd(status.reason);
    tell('');
  });
  events.addEventListener('error', () => tell('The daemon does not answer. What is shown may be old.'));
  return { element, problem: tell };
}
