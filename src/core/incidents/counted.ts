import type { Incident } from '../model/incident.js';

/** True for an incident that someone has to care about still: not resolved, and neither expected nor muted. */
export function isCounted({ state }: Pick<Incident, 'state'>): boolean {
  return state === 'open' || state === 'acknowledged';
}
