import type { FastifyInstance } from 'fastify';
import type { HttpSettings } from '#src/config/config.js';
import { Refusal } from '../ports.js';
import { loginBody, USUAL } from '../schemas.js';
import { NO_SESSION_COOKIE, sameSecret, sessionCookie } from '../session-cookie.js';

const NOTHING = { type: 'null', description: 'done' } as const;

/** A browser shows the token once, and a cookie from then on. */
export function sessionRoutes(app: FastifyInstance, { token }: HttpSettings): void {
  app.post<{ Body: { token: string; name?: string } }>(
    '/login',
    {
      config: { open: true },
      schema: {
        summary: 'Log in: a cookie in place of the token',
        body: loginBody,
        response: { 204: NOTHING, ...USUAL },
      },
    },
    async ({ body, headers }, reply) => {
      if (token === undefined) return reply.code(204).send(); // everybody on this machine is in
      if (!sameSecret(body.token, token)) throw new Refusal(401, 'unauthorized', 'that is not the token');
      // Only a proxy before us speaks TLS; a cookie that is marked so never travels without it.
      const secure = headers['x-forwarded-proto'] === 'https';
      return reply
        .header('set-cookie', sessionCookie(token, body.name ?? '', Date.now(), secure))
        .code(204)
        .send();
    },
  );
  app.post(
    '/logout',
    { config: { open: true }, schema: { summary: 'Forget the cookie', response: { 204: NOTHING, ...USUAL } } },
    async (_, reply) => reply.header('set-cookie', NO_SESSION_COOKIE).code(204).send(),
  );
}
