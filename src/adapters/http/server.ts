import {
  type FastifyInstance,
  type FastifyPluginAsync,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';
import type { Logger } from '#src/adapters/logging/logger.js';
import type { HttpSettings } from '#src/config/config.js';
import { allowNoBody } from './empty-body.js';
import { answerBadPath, answerErrors } from './errors.js';
import { collectOpenApi } from './openapi.js';
import { type Daemon, Refusal } from './ports.js';
import { incidentRoutes } from './routes/incidents.js';
import { probeRoutes } from './routes/probes.js';
import { runRoutes } from './routes/runs.js';
import { sessionRoutes } from './routes/session.js';
import { systemRoutes } from './routes/system.js';
import { tableRoutes } from './routes/tables.js';
import { schemaError } from './schema-error.js';
import { secure } from './security.js';

export interface HttpServerOptions {
  readonly settings: HttpSettings;
  readonly daemon: Daemon;
  readonly log: Logger;
  /** Pages for people; they are behind the token like everything else, but for routes with `config: { open: true }`. */
  readonly pages: FastifyPluginAsync;
}

/** Bytes; the largest that is sent is a reason and a few patterns. */
const BODY_LIMIT = 65_536;
/** Of a request to arrive whole, and of an answer to begin. */
const REQUEST_TIMEOUT_MS = 10_000;
const HANDLER_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_MS = 30_000;
/** A name of 63 bytes, percent-encoded, and to spare. */
const MAX_PARAM_LENGTH = 300;
/** What is asked every few seconds is in the log at debug. */
const PROBES = new Set(['/healthz', '/readyz', '/metrics']);

/** The daemon's HTTP side, not listening yet. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { settings, daemon, log, pages } = options;
  const told = (
    { method, url, ip, caller, routeOptions }: FastifyRequest,
    { statusCode, elapsedTime }: FastifyReply,
  ) => {
    const fields = { method, path: url.split('?')[0], status: statusCode, durationMs: Math.round(elapsedTime), ip };
    const of = caller ? { by: caller.by, ...(caller.name !== null && { actor: caller.name }) } : {};
    log[PROBES.has(routeOptions.url ?? '') ? 'debug' : 'info']({ ...fields, ...of }, 'request');
  };
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    handlerTimeout: HANDLER_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    ajv: {
      customOptions: {
        removeAdditional: false,
        coerceTypes: true,
        useDefaults: true,
        allowUnionTypes: true,
        verbose: true,
      },
    },
    return503OnClosing: true,
    schemaErrorFormatter: schemaError,
    frameworkErrors(error, request, reply) {
      answerBadPath(error, request, reply);
      told(request, reply);
    },
  });
  allowNoBody(app);
  // A page of another site can send a form or text without asking first, but no JSON.
  app.removeContentTypeParser('text/plain');
  secure(app, settings);
  answerErrors(app, (error) => log.error({ cause: error.message, stack: error.stack }, 'a request failed'));
  app.addHook('onResponse', async (request, reply) => told(request, reply));
  app.addHook('preClose', async () => daemon.events.close());
  const openApi = collectOpenApi(app, daemon.status().version);
  probeRoutes(app, daemon);
  sessionRoutes(app, settings);
  await app.register(
    async (api) => {
      systemRoutes(api, daemon, openApi);
      await api.register(async (stored) => {
        stored.addHook('preHandler', async () => refuseOnStandby(daemon));
        runRoutes(stored, daemon);
        tableRoutes(stored, daemon);
        incidentRoutes(stored, daemon);
      });
    },
    { prefix: '/api/v1' },
  );
  await app.register(pages);
  return app;
}

/** What an instance that stands by knows may be old, and what it changed would not be its to change. */
function refuseOnStandby(daemon: Daemon): void {
  const { role, reason } = daemon.status();
  if (role === 'standby')
    throw new Refusal(503, 'standby', `this instance stands by: ${reason ?? 'it has just started'}`);
}
