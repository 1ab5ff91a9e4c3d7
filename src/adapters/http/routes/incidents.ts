import type { FastifyInstance } from 'fastify';
import type { ChangeAction } from '#src/adapters/store/change-incidents.js';
import { UNRESOLVED } from '#src/core/incidents/counted.js';
import type { IncidentState } from '#src/core/model/incident.js';
import { callerName } from '../caller-name.js';
import { iso } from '../iso.js';
import { type Daemon, Refusal } from '../ports.js';
import {
  CONFLICT,
  changeBody,
  changeUntilBody,
  incidentDetail,
  incidentParams,
  incidentsAnswer,
  incidentsQuery,
  NOT_FOUND,
  USUAL,
} from '../schemas.js';
import { incidentView } from '../views.js';

const CHANGES: readonly { readonly path: string; readonly action: ChangeAction; readonly summary: string }[] = [
  { path: 'acknowledge', action: 'ack', summary: 'Somebody is on it; it opens again where it gets worse' },
  { path: 'resolve', action: 'resolve', summary: 'It is over; what comes back is a new incident' },
  { path: 'expect', action: 'expect', summary: 'What was found is as it should be: the new level' },
  { path: 'mute', action: 'mute', summary: 'It is updated without a word' },
];

interface IncidentsQuery {
  readonly limit: number;
  readonly offset: number;
  readonly state: IncidentState | 'unresolved' | 'all';
}

interface Change {
  readonly reason?: string;
  readonly actor?: string;
  readonly until?: string;
}

export function incidentRoutes(app: FastifyInstance, daemon: Daemon): void {
  app.get<{ Querystring: IncidentsQuery }>(
    '/incidents',
    {
      schema: {
        summary: 'Incidents, open ones first, worst first',
        querystring: incidentsQuery,
        response: { 200: incidentsAnswer, ...USUAL },
      },
    },
    async ({ query: { limit, offset, state } }) => {
      const states = state === 'all' ? {} : { states: state === 'unresolved' ? UNRESOLVED : [state] };
      const found = await daemon.store().listIncidents({ ...states, limit: limit + 1, offset });
      return { incidents: found.slice(0, limit).map(incidentView), more: found.length > limit };
    },
  );
  const detail = async (id: string) => {
    const store = daemon.store();
    const [incident] = await store.listIncidents({ label: id });
    if (!incident) throw new Refusal(404, 'unknown_incident', `there is no incident ${id}`);
    const events = await store.incidentEvents(id);
    const touched = await store.touchedByFindings(incident.findings);
    return { ...incidentView(incident), ...touched, events: events.map((event) => ({ ...event, at: iso(event.at) })) };
  };
  app.get<{ Params: { id: string } }>(
    '/incidents/:id',
    {
      schema: {
        summary: 'One incident, and what happened to it',
        params: incidentParams,
        response: { 200: incidentDetail, ...USUAL, ...NOT_FOUND },
      },
    },
    async ({ params: { id } }) => detail(id),
  );
  for (const { path, action, summary } of CHANGES)
    app.post<{ Params: { id: string }; Body: Change }>(
      `/incidents/:id/${path}`,
      {
        schema: {
          summary,
          params: incidentParams,
          body: action === 'expect' || action === 'mute' ? changeUntilBody : changeBody,
          response: { 200: incidentDetail, ...USUAL, ...NOT_FOUND, ...CONFLICT },
        },
      },
      async ({ params: { id }, body: { reason, actor, until }, caller }) => {
        const at = new Date();
        const end = until === undefined ? undefined : new Date(until);
        if (end && end <= at) throw new Refusal(400, 'bad_request', `until: ${until} is over already`);
        await daemon.changeIncidents([id], {
          ...{ action, at, actor: callerName(caller, actor) },
          ...(reason !== undefined && { reason }),
          ...(end && { until: end }),
        });
        return detail(id);
      },
    );
}
