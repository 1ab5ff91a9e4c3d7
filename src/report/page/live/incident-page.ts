import { createModel } from '../../model.js';
import type { ReportData } from '../../report-data.js';
import { h } from '../dom.js';
import { foreign, moment } from '../format.js';
import { incidentCard } from '../incidents.js';
import { ask } from './ask.js';
import { incidentActions } from './incident-actions.js';

/** What `/api/v1/incidents/ID` says, as far as it is shown here. */
export interface IncidentDetail {
  readonly id: string;
  readonly state: string;
  readonly severity: 'info' | 'warn' | 'critical';
  readonly title: string;
  readonly cause: string | null;
  readonly since: string;
  readonly mutedUntil: string | null;
  readonly events: readonly {
    readonly at: string;
    readonly actor: string;
    readonly action: string;
    readonly reason: string | null;
  }[];
}

/** One incident: its sentence and picture, what can be done about it, and what was done. */
export async function incidentPage(id: string): Promise<HTMLElement> {
  const path = encodeURIComponent(id);
  const [detail, report] = await Promise.all([
    ask<IncidentDetail>(`/api/v1/incidents/${path}`),
    ask<ReportData>(`/page/incident?id=${path}`),
  ]);
  const page = h('article', { class: 'incident-page' });
  show(detail);
  return page;

  function show(incident: IncidentDetail): void {
    const model = createModel(report);
    const drawn = report.incidents[0];
    page.replaceChildren(
      h('p', { class: 'back' }, h('a', { href: '#/' }, '← Overview')),
      h('h1', { tabindex: -1 }, 'Incident ', foreign(incident.id), ' ', stateOf(incident)),
      drawn ? incidentCard(model, { ...drawn, state: incident.state as typeof drawn.state }, 'h2') : plain(incident),
      incident.state === 'resolved' ? '' : incidentActions(incident.id, show),
      history(incident),
    );
  }
}

function stateOf({ state, mutedUntil }: IncidentDetail): HTMLElement {
  const until = mutedUntil === null ? '' : ` until ${moment(Date.parse(mutedUntil) / 1000)}`;
  return h('span', { class: 'state' }, state + until);
}

/** One that is over has no picture in the newest report. */
function plain({ title, cause, since, severity }: IncidentDetail): HTMLElement {
  return h(
    'div',
    { class: 'incident' },
    h('h2', { class: 'title' }, foreign(title)),
    cause === null ? null : h('p', {}, foreign(cause)),
    h('p', { class: 'found' }, `${severity}, since ${moment(Date.parse(since) / 1000)}`),
  );
}

function history({ events }: IncidentDetail): HTMLElement {
  const rows = [...events]
    .reverse()
    .map(({ at, actor, action, reason }) =>
      h(
        'tr',
        {},
        h('td', { class: 'when' }, moment(Date.parse(at) / 1000)),
        h('td', {}, action.replaceAll('_', ' ')),
        h('td', {}, foreign(actor)),
        h('td', {}, reason === null ? '' : foreign(reason)),
      ),
    );
  const heads = ['When', 'What', 'Who', 'Why'].map((words) => h('th', { scope: 'col' }, words));
  return h(
    'section',
    { 'aria-label': 'History' },
    h('h2', {}, 'History'),
    h(
      'div',
      { class: 'wide-table', role: 'region', 'aria-label': 'History of the incident', tabindex: 0 },
      h('table', { class: 'plain' }, h('thead', {}, h('tr', {}, ...heads)), h('tbody', {}, ...rows)),
    ),
  );
}
