import type { AlertPlan } from '#src/core/incidents/alert-plan.js';
import { whereOf } from '#src/core/incidents/where.js';
import type { Severity } from '#src/core/model/finding.js';
import type { Incident } from '#src/core/model/incident.js';
import { renderBox } from './box.js';
import { formatCount, formatNumber } from './format.js';
import { SEVERITY_STYLE } from './style.js';

export interface AlertOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly color: boolean;
  /** True where nothing else names the incidents. */
  readonly named: boolean;
  /** True where commands read the store that the incidents are in: only then the box names any. */
  readonly commands: boolean;
  /** Who looks after these tables. */
  readonly ownersOf: AlertPlan['ownersOf'];
}

const MAX_NAMED = 10;
/** A line of words is not read well where it is longer. */
const MAX_TEXT_WIDTH = 120;

/** The end of a run that nobody can overlook: how many incidents are open, how bad they are, and what to do. Empty where none is. */
export function renderAlert(
  incidents: readonly Incident[],
  { width, color, named, commands, ownersOf }: AlertOptions,
): string {
  const open = incidents.filter(({ state }) => state === 'open');
  const [worst] = open;
  if (worst === undefined) return '';
  const bySeverity = (['critical', 'warn'] as const satisfies readonly Severity[])
    .map((severity) => ({ severity, count: open.filter((each) => each.severity === severity).length }))
    .filter(({ count }) => count > 0)
    .map(({ severity, count }) => `${formatNumber(count)} ${severity}`);
  const need = open.length === 1 ? 'needs' : 'need';
  const title = `ALERT  ${formatCount(open.length, 'incident')} ${need} attention: ${bySeverity.join(', ')}`;
  const paragraphs = [
    ...(named ? open.slice(0, MAX_NAMED).map((incident) => describe(incident, ownersOf)) : []),
    ...(named && open.length > MAX_NAMED
      ? [`… and ${formatNumber(open.length - MAX_NAMED)} more${commands ? ' ("sentinel incidents")' : ''}`]
      : []),
    ...(named ? [] : ownersOfAll(open, ownersOf)),
    ...agesOf(open),
    ...(commands ? commandsOf(worst, open.length) : []),
  ];
  const style = SEVERITY_STYLE[worst.severity];
  return renderBox(title, paragraphs, { width: Math.min(width, MAX_TEXT_WIDTH), style, color, heavy: true });
}

function commandsOf({ id }: Incident, open: number): string[] {
  return [
    ...(open > 1 ? ['All that is open: sentinel incidents'] : []),
    `What is known: sentinel incidents show ${id}`,
    `Someone is on it: sentinel incidents ack ${id}`,
  ];
}

function describe(incident: Incident, ownersOf: AlertOptions['ownersOf']): string {
  const { id, severity, title } = incident;
  const owners = ownersOfIncident(incident, ownersOf);
  const owner = owners.length === 0 ? '' : ` (${owners.join(', ')})`;
  return `${id}  ${severity}  ${whereOf(incident)}${owner}: ${title}`;
}

/** Whom it concerns, and with which of them; nothing where no table has an owner. */
function ownersOfAll(open: readonly Incident[], ownersOf: AlertOptions['ownersOf']): string[] {
  const incidents = new Map<string, string[]>();
  for (const incident of open)
    for (const owner of ownersOfIncident(incident, ownersOf))
      incidents.set(owner, [...(incidents.get(owner) ?? []), incident.id]);
  return [...incidents].sort(([a], [b]) => (a < b ? -1 : 1)).map(([owner, ids]) => `${owner}: ${idList(ids)}`);
}

function idList(ids: readonly string[]): string {
  const more = ids.length - MAX_NAMED;
  return `${ids.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${formatNumber(more)} more` : ''}`;
}

function ownersOfIncident({ findings }: Incident, ownersOf: AlertOptions['ownersOf']): readonly string[] {
  const owners = findings.flatMap(({ source, schema, table }) =>
    schema === null || table === null ? [] : ownersOf(source, [{ schema, table }]),
  );
  return [...new Set(owners)].sort();
}

/** Which of them this run was the first to see, where it was not the first for all. */
function agesOf(open: readonly Incident[]): string[] {
  const isNew = ({ since, findings }: Incident) => findings[0]?.at === since;
  const known = open.filter((incident) => !isNew(incident)).length;
  if (known === 0) return [];
  if (known === open.length) return [known === 1 ? 'It was open before this run.' : 'All were open before this run.'];
  return [`${formatNumber(open.length - known)} new, ${formatNumber(known)} open before this run.`];
}
