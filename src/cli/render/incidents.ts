import { isCounted } from '#src/core/incidents/counted.js';
import { nextStep } from '#src/core/incidents/next-step.js';
import { whereOf } from '#src/core/incidents/where.js';
import type { Incident } from '#src/core/model/incident.js';
import { renderBox } from './box.js';
import { renderEntries } from './entries.js';
import { formatCount } from './format.js';
import { SEVERITY_STYLE } from './style.js';
import type { Cell } from './table.js';

/** More would scroll the worst ones away. */
const MAX_BOXES = 10;
/** The worst ones, whose boxes say what to do; "sentinel incidents show" says it of each. */
const MAX_ADVISED = 5;
const MAX_ROWS = 25;
/** A line of words is not read well where it is longer. */
const MAX_TEXT_WIDTH = 120;

/**
 * The incidents of a run for people, in the order given: critical ones in boxes, then the others, then in one line how many
 * there are that nobody has to look at.
 */
export function renderIncidents(
  incidents: readonly Incident[],
  { width, color }: { readonly width: number; readonly color: boolean },
): string {
  const counted = incidents.filter(isCounted);
  const boxed = counted.filter(({ severity }) => severity === 'critical').slice(0, MAX_BOXES);
  const others = counted.filter((incident) => !boxed.includes(incident));
  const boxes = boxed.map((incident, index) =>
    renderBox(heading(incident), [...paragraphs(incident), ...(index < MAX_ADVISED ? whatToDo(incident) : [])], {
      width: Math.min(width, MAX_TEXT_WIDTH),
      color,
      style: SEVERITY_STYLE.critical,
    }),
  );
  return [...boxes, renderRows(others, { width, color }), renderQuiet(incidents)]
    .filter((part) => part !== '')
    .join('\n\n');
}

function heading(incident: Incident): string {
  const { id, severity, state } = incident;
  const acknowledged = state === 'acknowledged' ? ' (acknowledged)' : '';
  return `${severity.toUpperCase()}  ${id}  ${whereOf(incident)}${acknowledged}`;
}

function paragraphs({ title, cause }: Incident): string[] {
  return cause === null ? [title] : [title, cause];
}

function whatToDo({ findings }: Incident): string[] {
  const step = nextStep(findings);
  return step === null ? [] : [`What to do: ${step}`];
}

function renderRows(
  incidents: readonly Incident[],
  options: { readonly width: number; readonly color: boolean },
): string {
  if (incidents.length === 0) return '';
  const rows = incidents
    .slice(0, MAX_ROWS)
    .map((incident): Cell[] => [
      { text: incident.severity, style: SEVERITY_STYLE[incident.severity] },
      incident.id,
      whereOf(incident),
      incident.state === 'open' ? '' : incident.state,
      paragraphs(incident).join(' '),
    ]);
  const columns = [{ title: 'severity' }, { title: 'incident' }, { title: 'where' }, { title: '' }, { title: 'what' }];
  const more = incidents.length - rows.length;
  const rest = more > 0 ? `\n… and ${formatCount(more, 'more incident')} ("sentinel incidents" lists them all)` : '';
  return renderEntries(columns, rows, options) + rest;
}

function renderQuiet(incidents: readonly Incident[]): string {
  const parts = (['expected', 'muted', 'resolved'] as const).flatMap((state) => {
    const count = incidents.filter((incident) => incident.state === state).length;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return parts.length === 0 ? '' : `Not counted: ${parts.join(', ')} ("sentinel incidents --all" lists them).`;
}
