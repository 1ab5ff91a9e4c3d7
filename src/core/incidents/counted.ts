import type { Incident, IncidentState } from '../model/incident.js';

/** States of an incident that is not over. */
export const UNRESOLVED: readonly IncidentState[] = ['open', 'acknowledged', 'expected', 'muted'];

/** True for an incident that someone has to care about still: not resolved, and neither expected nor muted. */
export function isCounted({ state }: Pick<Incident, 'state'>): boolean {
  return state === 'open' || state === 'acknowledged';
}
