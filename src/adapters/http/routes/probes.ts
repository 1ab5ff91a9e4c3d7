import type { FastifyInstance } from 'fastify';
import type { Daemon } from '../ports.js';
import { textAnswer, USUAL } from '../schemas.js';

const text = textAnswer('text/plain');

/** For those that watch the process: is it alive, does it do its work, and its figures. */
export function probeRoutes(app: FastifyInstance, daemon: Daemon): void {
  const open = { config: { open: true } };
  app.get(
    '/healthz',
    { ...open, schema: { summary: 'Whether this process is alive', response: { 200: text } } },
    async (_, reply) => reply.type('text/plain; charset=utf-8').send('ok\n'),
  );
  app.get(
    '/readyz',
    {
      ...open,
      schema: {
        summary: 'Whether this instance is the active one and reaches its store',
        response: { 200: text, 503: text },
      },
    },
    async (_, reply) => {
      const { role, brief } = daemon.status();
      const ready = role === 'active';
      return reply
        .code(ready ? 200 : 503)
        .type('text/plain; charset=utf-8')
        .send(ready ? 'active\n' : `standby: ${brief ?? 'starting'}\n`);
    },
  );
  app.get(
    '/metrics',
    { schema: { summary: 'Figures for Prometheus', response: { 200: text, ...USUAL } } },
    async (_, reply) => reply.type(daemon.metrics.contentType).send(await daemon.metrics.text()),
  );
}
