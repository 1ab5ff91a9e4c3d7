import type { IncomingMessage } from 'node:http';
import type { DeliveryFailure, DeliveryOutcome } from '#src/contract/alert-delivery.js';
import { printable } from '#src/core/checks/sentence.js';
import { parseRetryAfter } from './retry-after.js';
import { whyUnreached } from './unreached.js';

export interface HttpSendOptions {
  /** The variable that holds the URL, for messages. */
  readonly setting: string;
  /** The variable that the receiver's refusal may be about, where the URL is not all. */
  readonly secret?: string;
  readonly method: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Bytes of an answer's body that are read so that the connection ends in order; what it says is of no interest. */
const MAX_DRAINED_BYTES = 64 * 1024;
const MAX_DRAIN_MS = 2_000;
/** Of the client errors, those that pass by themselves: RFC 9110 and RFC 8470, RFC 6585. */
const PASSING_CLIENT_ERRORS: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * One HTTP request on a connection of its own, without proxy and without following redirects. 2xx is success from the moment the
 * status is there, whatever becomes of the body. Never rejects; no message holds more of the URL than its origin.
 */
export async function httpSend(
  target: string,
  { setting, secret, method, headers, body, signal }: HttpSendOptions,
): Promise<DeliveryOutcome> {
  const url = new URL(target);
  // Loaded where something is sent: most commands send nothing.
  const { STATUS_CODES, ...http } = await import('node:http');
  const { Agent, request: open } = url.protocol === 'https:' ? await import('node:https') : http;
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) };
  return new Promise<DeliveryOutcome>((resolve, reject) => {
    const request = open(url, {
      method,
      // Node's global agents may be told by the environment to use a proxy, or keep connections.
      agent: new Agent({ keepAlive: false }),
      signal,
      headers: { 'User-Agent': 'sentinel', ...length, ...headers },
    });
    request.on('response', (response) => {
      drain(response);
      resolve(outcomeOf(response, STATUS_CODES[response.statusCode ?? 0], url.origin, { setting, secret }));
    });
    request.on('error', reject);
    request.end(body);
  }).catch((error: NodeJS.ErrnoException) => ({
    result: 'retry',
    failure: failureOf(error, url, setting, signal),
  }));
}

function outcomeOf(
  { statusCode = 0, headers }: IncomingMessage,
  words: string | undefined,
  origin: string,
  { setting, secret }: { readonly setting: string; readonly secret: string | undefined },
): DeliveryOutcome {
  if (statusCode >= 200 && statusCode < 300) return { result: 'delivered' };
  const answer = `${origin} answered ${statusCode}${words === undefined ? '' : ` (${words})`}`;
  const failure = (hint: string): DeliveryFailure => ({ code: `http_${statusCode}`, message: answer + hint });
  if (statusCode >= 500 || PASSING_CLIENT_ERRORS.has(statusCode)) {
    const retryAfterMs = parseRetryAfter(headers['retry-after'], Date.now());
    return { result: 'retry', failure: failure(''), ...(retryAfterMs !== null && { retryAfterMs }) };
  }
  const redirected = statusCode >= 300 && statusCode < 400;
  const hint = redirected
    ? `; redirects are not followed: set ${setting} to the address that it redirects to`
    : `; check ${secret === undefined ? '' : `${secret} and `}${setting}, and what the receiver says of it`;
  return { result: 'failed', failure: failure(hint) };
}

function failureOf(
  { code = 'no_answer', message }: NodeJS.ErrnoException,
  { origin, protocol, hostname, port }: URL,
  setting: string,
  signal: AbortSignal,
): DeliveryFailure {
  if (signal.aborted) return { code: 'timeout', message: `${origin} gave no answer in time` };
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return { code, message: `${origin} closed the connection before it answered` };
  if (code.startsWith('HPE_'))
    return { code, message: `what answers at ${origin} is no HTTP server; check ${setting}` };
  const why = whyUnreached(code, message, {
    at: origin,
    host: `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`,
    setting,
    authorities: 'NODE_EXTRA_CA_CERTS',
    withoutTls: `set ${setting} to http://…, or to a port where it does`,
  });
  // Node's words name host and port at most.
  return { code, message: why ?? `${origin} could not be reached: ${printable(message.trim())}; check ${setting}` };
}

/** Reads the rest, within bounds; nothing waits for it, and it keeps no process alive. */
function drain(response: IncomingMessage): void {
  let bytes = 0;
  const { socket } = response;
  socket.unref();
  const timer = setTimeout(() => response.destroy(), MAX_DRAIN_MS).unref();
  response
    .on('error', () => undefined) // cut in the middle: the status is what counts
    .on('close', () => clearTimeout(timer))
    .on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_DRAINED_BYTES) response.destroy();
    });
}
