import type { IncidentEvent } from '#src/adapters/store/read-incidents.js';
import { list } from '#src/core/checks/sentence.js';
import { isCounted } from '#src/core/incidents/counted.js';
import { nextStep } from '#src/core/incidents/next-step.js';
import { whereOf } from '#src/core/incidents/where.js';
import type { Touched } from '#src/core/lineage/touched.js';
import type { Incident } from '#src/core/model/incident.js';
import { EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import { renderEntries } from '../render/entries.js';
import { formatCount, formatTime } from '../render/format.js';
import { SEVERITY_STYLE } from '../render/style.js';
import type { Cell } from '../render/table.js';
import { escapeControls, wrap } from '../render/text-width.js';
import { openMetadata, orUsageError } from '../run-store.js';
import { incidentRecord } from '../run-view.js';
import { terminal } from '../terminal.js';
import { incidentLabel } from './incident-label.js';

/** List what is open or acknowledged, worst first; with `all` also what is expected, muted or resolved. */
export async function listIncidentsCommand(options: { all?: boolean; json?: boolean }, io: Io): Promise<number> {
  const store = await openMetadata(loadSettings(io), () => undefined);
  try {
    const all = await store.listIncidents();
    const shown = options.all ? all : all.filter(isCounted);
    if (options.json) for (const incident of shown) writeJson(io, incidentRecord(incident));
    else writeLine(io.stdout, describeList(shown, all.length - shown.length, io));
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

/** Print everything that is known of one incident. */
export async function showIncidentCommand(id: string, options: { json?: boolean }, io: Io): Promise<number> {
  const store = await openMetadata(loadSettings(io), () => undefined);
  try {
    const label = incidentLabel(id);
    const events = await orUsageError(() => store.incidentEvents(label));
    const [incident] = await store.listIncidents({ label });
    const touched = await store.touchedByFindings(incident!.findings);
    if (options.json) {
      writeJson(io, { ...incidentRecord(incident!), ...touched });
      for (const { at, ...event } of events)
        writeJson(io, { type: 'incident_event', incident: label, at: new Date(at).toISOString(), ...event });
    } else writeLine(io.stdout, describe(incident!, touched, events, io));
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

function describeList(incidents: readonly Incident[], others: number, io: Io): string {
  const hint = others > 0 ? ` (--all lists ${formatCount(others, 'other')})` : '';
  if (incidents.length === 0) return `No incident is open${hint}.`;
  const rows = incidents.map((incident): Cell[] => [
    incident.id,
    { text: incident.severity, style: SEVERITY_STYLE[incident.severity] },
    stateOf(incident),
    formatTime(Date.parse(incident.since)),
    whereOf(incident),
    incident.title,
  ]);
  const columns = ['id', 'severity', 'state', 'since', 'where', 'what'].map((title) => ({ title }));
  return `${formatCount(incidents.length, 'incident')}${hint}\n${renderEntries(columns, rows, terminal(io))}`;
}

function describe(incident: Incident, touched: Touched, events: readonly IncidentEvent[], io: Io): string {
  const { id, severity, title, cause, since, findings } = incident;
  const next = nextStep(findings);
  const { width, color } = terminal(io);
  const text = (words: string) => wrap(escapeControls(words), width).join('\n');
  const lastSeen = findings[0] ? `, last seen ${formatTime(Date.parse(findings[0].at))}` : '';
  const parts = [
    `${id}  ${severity}  ${stateOf(incident)}  ${whereOf(incident)}`.trimEnd(),
    text(title),
    cause === null ? '' : text(`Cause: ${cause}`),
    `Open since ${formatTime(Date.parse(since))}${lastSeen}.`,
    touched.feeds.length === 0 ? '' : text(`Feeds: ${list(touched.feeds)}`),
    touched.referencedBy.length === 0 ? '' : text(`Referred to by: ${list(touched.referencedBy)}`),
    next === null ? '' : text(`What to do: ${next}`),
  ];
  const found = findings.map((finding): Cell[] => [
    { text: finding.severity, style: SEVERITY_STYLE[finding.severity] },
    finding.check,
    finding.message,
  ]);
  const foundColumns = ['severity', 'check', 'finding'].map((column) => ({ title: column }));
  const happened = events.map(({ at, actor, action, ...event }): Cell[] => [
    formatTime(at),
    actor,
    action,
    remark(event),
  ]);
  const eventColumns = ['at', 'who', 'what', 'why'].map((column) => ({ title: column }));
  return [
    parts.filter((part) => part !== '').join('\n'),
    ...(found.length > 0 ? [renderEntries(foundColumns, found, { width, color })] : []),
    ...(happened.length > 0 ? [renderEntries(eventColumns, happened, { width, color })] : []),
  ].join('\n\n');
}

/** What there is to say of a change: a person's reason, or what it was that the run saw. */
function remark({ reason, details }: Pick<IncidentEvent, 'reason' | 'details'>): string {
  const { from, to, until, title, sink, event } = details;
  const words = [
    from !== undefined && to !== undefined ? `${from} → ${to}` : undefined,
    until === undefined ? undefined : `until ${formatTime(Date.parse(until))}`,
    sink === undefined ? undefined : `${event}: ${sink}`,
    reason ?? title,
  ];
  return words.filter((word) => word !== undefined && word !== '').join('; ');
}

function stateOf({ state, mutedUntil }: Incident): string {
  return mutedUntil === undefined ? state : `${state} until ${formatTime(Date.parse(mutedUntil))}`;
}
