import type { FastifyInstance, FastifyReply } from 'fastify';
import type { HttpSettings } from '#src/config/config.js';
import { type Caller, callerOf, checkHost, checkOrigin } from './access.js';
import { Refusal } from './ports.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on routes that anybody may ask. */
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Anybody may ask, without a token. */
    readonly open?: boolean;
  }
}

/** What no answer goes without. A route that sends a page sets a policy of its own, as strict as the page allows. */
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  'cache-control': 'no-store',
};

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Every request is asked who it is from before anything else is done with it, also one for what is not there. */
export function secure(app: FastifyInstance, settings: HttpSettings): void {
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    checkHost(request.headers.host, settings);
    const isOpen = request.routeOptions.config.open === true;
    request.caller = isOpen ? null : callerOf(request.headers, settings, Date.now());
    if (!isOpen && request.caller === null)
      throw new Refusal(401, 'unauthorized', 'send HTTP_TOKEN as a bearer token, or log in');
    if (!READING.has(request.method) && request.caller?.by !== 'token') checkOrigin(request.headers);
  });
  app.addHook('onSend', async (_, reply) => addHeaders(reply));
}

export function addHeaders(reply: FastifyReply): void {
  for (const [name, value] of Object.entries(HEADERS)) if (!reply.hasHeader(name)) reply.header(name, value);
}
