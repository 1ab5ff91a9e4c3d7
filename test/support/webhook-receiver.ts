import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** How a receiver answers: with a status, not at all, by hanging up before it answers, or in the middle of its answer. */
export type Answer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly afterMs?: number }
  | 'hang'
  | 'close'
  | 'cut';

export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly key: string;
  /** Null while it has none. */
  answered: number | null;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly origin: string;
  /** All that came, in order, whether it was answered or not. */
  readonly requests: readonly ReceivedRequest[];
  /** The next answers, in order; after them what `otherwise` says. */
  answer(...answers: readonly Answer[]): void;
  otherwise(answer: Answer): void;
  /** Nothing listens any more, until `up`, at the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  /** Resolves with request number `count`, from 1. */
  request(count: number): Promise<ReceivedRequest>;
}

/** A real HTTP server on loopback that misbehaves as it is told; 204 unless told otherwise. Closed after the test. */
export async function webhookReceiver(): Promise<WebhookReceiver> {
  const requests: ReceivedRequest[] = [];
  const queue: Answer[] = [];
  const sockets = new Set<Socket>();
  const waiting: { count: number; resolve: (request: ReceivedRequest) => void }[] = [];
  let usual: Answer = { status: 204 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined); // the sender gave up
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const key = String(headers['idempotency-key'] ?? '');
      const received = { method, path: url, headers, body: Buffer.concat(chunks).toString(), key, answered: null };
      const at = requests.push(received);
      for (const each of waiting) if (each.count === at) each.resolve(received);
      reply(received, queue.shift() ?? usual);
    });
    const reply = (received: ReceivedRequest, answer: Answer): void => {
      if (answer === 'hang') return;
      if (answer === 'close') {
        request.socket.destroy();
      } else if (answer === 'cut') {
        received.answered = 200;
        response.writeHead(200, { 'Content-Length': '1000' });
        response.write('not all of it', () => setTimeout(() => request.socket.destroy(), 20));
      } else {
        const { status, headers, afterMs = 0 } = answer;
        const send = () => {
          received.answered = status;
          response.writeHead(status, headers).end();
        };
        if (afterMs > 0) setTimeout(send, afterMs);
        else send();
      }
    };
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  await listen(0);
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    url: `${origin}/hooks/t0p-s3cret-path`,
    requests,
    answer: (...answers) => void queue.push(...answers),
    otherwise: (answer) => void (usual = answer),
    down: close,
    up: () => listen(port),
    request: (count) => {
      const there = requests[count - 1];
      return there ? Promise.resolve(there) : new Promise((resolve) => waiting.push({ count, resolve }));
    },
  };
}

/** How many requests there were with each key, and how many of them were answered with success: `2 sent, 1 taken`. */
export function takenByKey(requests: readonly ReceivedRequest[]): Map<string, string> {
  const byKey = new Map<string, ReceivedRequest[]>();
  for (const request of requests) byKey.set(request.key, [...(byKey.get(request.key) ?? []), request]);
  return new Map(
    [...byKey].map(([key, of]) => {
      const taken = of.filter(({ answered }) => answered !== null && answered >= 200 && answered < 300);
      return [key, `${of.length} sent, ${taken.length} taken`];
    }),
  );
}
