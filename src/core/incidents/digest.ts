import type { Alert, Digest, DigestEntry } from '../model/alert.js';
import { MAX_LISTED } from './alert.js';
import { compareSeverity } from './severity.js';

export interface DigestOptions extends Pick<Digest, 'id' | 'kind' | 'at' | 'run' | 'actor' | 'store' | 'links'> {
  /** Where it tells of the end of another one. */
  readonly of?: string;
}

/**
 * One message for these alerts, which are in the order in which they happened: of each incident the last one, worst first, what is
 * over at the end.
 */
export function digestOf(alerts: readonly Alert[], { of, ...options }: DigestOptions): Digest {
  const last = new Map(alerts.map((alert) => [alert.incident.id, alert]));
  const entries = [...last.values()].map(entryOf).sort(byUrgency);
  const severity = entries.reduce<Digest['severity']>(
    (worst, { incident }) => (compareSeverity(incident.severity, worst) > 0 ? incident.severity : worst),
    'info',
  );
  return {
    version: 1,
    event: 'digest',
    ...options,
    of: of ?? options.id,
    severity,
    alerts: entries.slice(0, MAX_LISTED),
    alertCount: entries.length,
  };
}

function entryOf({ event, incident }: Alert): DigestEntry {
  const { id, state, severity, source, tables, tableCount, owners, title, since } = incident;
  return { event, incident: { id, state, severity, source, tables, tableCount, owners, title, since } };
}

function byUrgency(a: DigestEntry, b: DigestEntry): number {
  const isOver = ({ event }: DigestEntry) => Number(event === 'resolved');
  return isOver(a) - isOver(b) || compareSeverity(b.incident.severity, a.incident.severity);
}
