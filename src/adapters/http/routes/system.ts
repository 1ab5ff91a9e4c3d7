import type { FastifyInstance } from 'fastify';
import { MAX_LISTENERS } from '../event-hub.js';
import { type Daemon, Refusal } from '../ports.js';
import { healthAnswer, schedulesAnswer, settingsAnswer, status, textAnswer, USUAL } from '../schemas.js';
import { scheduleView, statusView } from '../views.js';

/** The time that an answer may take is counted to its end, and this one has none. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** What the daemon says of itself. */
export function systemRoutes(app: FastifyInstance, daemon: Daemon, openApi: () => object): void {
  app.get(
    '/status',
    { schema: { summary: 'What this instance is and does', response: { 200: status, ...USUAL } } },
    async () => statusView(daemon.status()),
  );
  app.get(
    '/schedules',
    { schema: { summary: 'Schedules, and when they are due', response: { 200: schedulesAnswer, ...USUAL } } },
    async () => ({ schedules: daemon.schedules().map(scheduleView) }),
  );
  app.get(
    '/health',
    { schema: { summary: 'Sources, store and logs', response: { 200: healthAnswer, ...USUAL } } },
    async () => daemon.health(),
  );
  app.get(
    '/settings',
    { schema: { summary: 'The configuration, masked', response: { 200: settingsAnswer, ...USUAL } } },
    async () => daemon.settings(),
  );
  app.get(
    '/events',
    {
      handlerTimeout: LONGEST_TIMER_MS,
      schema: {
        summary: 'What happens, as it happens (server-sent events)',
        response: { 200: textAnswer('text/event-stream'), ...USUAL },
      },
    },
    async (_, reply) => {
      if (daemon.events.listeners >= MAX_LISTENERS)
        throw new Refusal(503, 'too_many_listeners', `${MAX_LISTENERS} listen already`);
      const stream = daemon.events.listen({ type: 'status', data: statusView(daemon.status()) });
      return reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no').send(stream);
    },
  );
  app.get('/openapi.json', { schema: { response: {} } }, async () => openApi());
}
