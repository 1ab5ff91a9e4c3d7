import { type Model, SEVERITIES, tablesOf } from '../model.js';
import type { ReportFinding, ReportIncident } from '../report-data.js';
import { seriesChart } from './chart.js';
import { h } from './dom.js';
import { facts } from './facts.js';
import { count, foreign, moment, sentence, span } from './format.js';
import { SEVERITY_WORDS, severityMark, severityTag, tableLink } from './names.js';

/** So many are shown at once: the worst come first. */
const FIRST = 12;
const CHART_HEIGHT = 156;
const MAX_NAMES = 6;

/** Open incidents, worst first, and the quiet ones folded away. */
export function incidentList(model: Model): HTMLElement {
  const { open, quiet } = model;
  const list = h(
    'div',
    { class: 'incidents' },
    ...open.slice(0, FIRST).map((incident) => incidentCard(model, incident)),
  );
  const rest = open.slice(FIRST);
  const section = h('section', { 'aria-label': 'Incidents' }, h('h2', { class: 'hidden' }, 'Incidents'), list);
  if (rest.length > 0) {
    const more = h('button', { type: 'button', class: 'more' }, `Show ${count(rest.length, 'more incident')}`);
    const reveal = () => {
      more.remove();
      list.append(...rest.map((incident) => incidentCard(model, incident)));
    };
    more.addEventListener('click', reveal);
    section.addEventListener('reveal', reveal, { once: true });
    section.append(more);
  }
  if (quiet.length > 0)
    section.append(
      h(
        'details',
        { class: 'quiet' },
        h('summary', {}, `${count(quiet.length, 'incident')} expected or muted`),
        ...quiet.map((incident) => incidentCard(model, incident)),
      ),
    );
  if (model.data.noticed.length > 0)
    section.append(
      findingList(model, model.data.noticed, `${count(model.data.noticed.length, 'more thing')} noticed, no alert`),
    );
  return section;
}

/** How many of each severity; nothing where there are none. */
export function severityCounts(model: Model): HTMLElement[] {
  return SEVERITIES.flatMap((severity) => {
    const number = model.open.filter((incident) => incident.severity === severity).length;
    if (number === 0) return [];
    const word = severity === 'warn' ? count(number, 'warning') : `${number} ${SEVERITY_WORDS[severity]}`;
    return [h('span', { class: `severity ${severity}` }, severityMark(severity), word)];
  });
}

export function incidentCard(model: Model, incident: ReportIncident, heading: 'h2' | 'h3' = 'h3'): HTMLElement {
  const { data } = model;
  const { severity, title, cause, nextStep, since, findings, state, omitted } = incident;
  const tables = tablesOf(incident);
  const main = tables[0] === undefined ? undefined : data.tables[tables[0]];
  const pictured = findings.find(({ series }) => series !== undefined)?.series;
  const others = tables.slice(1).map((table) => tableLink(data.tables[table]!));
  const moreTables = Math.max(others.length - 6, 0) + (omitted?.tables ?? 0);
  const rest = findings.filter(({ message }) => message !== title);
  const picture = pictured && seriesChart(pictured, model.timesOf(pictured), CHART_HEIGHT);
  return h(
    'article',
    { class: `incident ${picture ? 'pictured' : ''}`, id: incidentAnchor(incident.id), tabindex: -1 },
    h(
      'div',
      { class: 'incident-text' },
      h(
        'p',
        { class: 'kicker' },
        severityTag(severity),
        state === 'open' ? null : h('span', { class: 'state' }, state),
        main ? tableLink(main) : null,
        h(
          'a',
          { class: 'id', href: `#/incident/${encodeURIComponent(incident.id)}` },
          h('span', { class: 'hidden' }, 'Incident '),
          foreign(incident.id),
        ),
      ),
      h(heading, { class: 'title' }, sentence(title)),
      facts(
        ['Cause', cause === null ? null : sentence(cause)],
        [
          'Open since',
          `${moment(since)} · ${data.run.asOf - since < 60 ? 'new in this run' : `for ${span(data.run.asOf - since)}`}`,
        ],
        ['Owner', main?.owner === undefined ? null : foreign(main.owner)],
        ['Feeds', namesOrNull(incident.feeds)],
        ['Referred to by', namesOrNull(incident.referencedBy)],
        [
          'Also in',
          others.length === 0
            ? null
            : h('span', { class: 'links' }, ...others.slice(0, 6), moreTables > 0 ? `and ${moreTables} more` : null),
        ],
        ['What to do', nextStep === undefined ? null : sentence(nextStep)],
      ),
      rest.length === 0
        ? null
        : findingList(model, rest, count(rest.length + (omitted?.findings ?? 0), 'more finding')),
    ),
    picture,
  );
}

/** The first of these, and how many more there are; null where there are none. */
export function namesOrNull(names: readonly string[] | undefined): HTMLElement | null {
  if (names === undefined) return null;
  const more = names.length - MAX_NAMES;
  return h(
    'span',
    { class: 'links' },
    ...names.slice(0, MAX_NAMES).map((each) => foreign(each)),
    more > 0 ? `and ${more} more` : null,
  );
}

export function incidentAnchor(id: string): string {
  return `incident-${encodeURIComponent(id)}`;
}

function findingList(model: Model, findings: readonly ReportFinding[], title: string): HTMLElement {
  return h(
    'details',
    { class: 'findings' },
    h('summary', {}, title),
    h(
      'ul',
      {},
      ...findings.map(({ severity, message, series }) => {
        const item = h(
          'li',
          {},
          severityMark(severity),
          h('span', {}, h('span', { class: 'hidden' }, `${SEVERITY_WORDS[severity]}: `), sentence(message)),
        );
        if (series) item.append(seriesChart(series, model.timesOf(series), 110));
        return item;
      }),
    ),
  );
}
