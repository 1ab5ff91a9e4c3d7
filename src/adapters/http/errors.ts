import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { StoreError } from '#src/adapters/store/failure.js';
import { Refusal } from './ports.js';
import { addHeaders } from './security.js';

/** What a request that fails is answered with. */
export interface ErrorAnswer {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

const OF_STORE: Readonly<Record<string, number>> = { unknown_incident: 404, refused_change: 409, store_busy: 409 };

/** Any error as an answer that says no more than the one who asked may know; null where it is a fault of ours. */
function answerOf(error: FastifyError | Refusal | StoreError): ErrorAnswer | null {
  const { message } = error;
  if (error instanceof Refusal) return { status: error.status, code: error.code, message };
  if (error instanceof StoreError) return { status: OF_STORE[error.code] ?? 503, code: error.code, message };
  if (error.code === 'FST_ERR_HANDLER_TIMEOUT')
    return { status: 503, code: 'timeout', message: 'that took too long; ask for less, or later' };
  const { statusCode = 500 } = error;
  return statusCode < 500 ? { status: statusCode, code: 'bad_request', message } : null;
}

/** Why no route was looked for at all, by fastify's codes. */
const NO_PATH: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL:
    'the path is not percent-encoded as it must be: % is followed by two hexadecimal digits, which make UTF-8',
  FST_ERR_MAX_PARAM_LENGTH: 'a part of the path is too long',
};

/** Answers, as everything else is answered, what does not come as far as a route and its hooks. */
export function answerBadPath({ code, statusCode = 400 }: FastifyError, _: FastifyRequest, reply: FastifyReply): void {
  addHeaders(reply);
  const message = NO_PATH[code] ?? 'the path is not as it must be';
  void reply.code(statusCode).send({ code: 'bad_request', message });
}

/** Errors are answered as `{ code, message }`; `onFault` is told of those that nobody expects. */
export function answerErrors(app: FastifyInstance, onFault: (error: Error) => void): void {
  app.setErrorHandler<FastifyError>(async (error, _, reply) => {
    const answer = answerOf(error);
    if (answer === null) onFault(error);
    const { status, code, message } = answer ?? {
      ...{ status: 500, code: 'internal_error', message: 'an internal error; orchestrator.log says more' },
    };
    if (status === 401) reply.header('www-authenticate', 'Bearer realm="sentinel"');
    return reply.code(status).send({ code, message });
  });
  app.setNotFoundHandler(async ({ method, url }, reply) =>
    reply.code(404).send({ code: 'not_found', message: `there is no ${method} ${url.split('?')[0]}` }),
  );
}
