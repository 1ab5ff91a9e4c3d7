import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type FaultProxy, type ProxiedConnection, startFaultProxy } from '../support/fault-proxy.js';

/** Answers each line `n` by n bytes. */
const server = createServer((socket) => {
  sockets.add(socket);
  let text = '';
  socket.on('data', (bytes) => {
    const lines = (text + bytes).split('\n');
    text = lines.pop()!;
    for (const line of lines) socket.write(Buffer.alloc(Number(line), 'x'));
  });
  socket.on('error', () => {});
  socket.on('close', () => sockets.delete(socket));
});
const sockets = new Set<Socket>();
let proxy: FaultProxy;

beforeEach(async () => {
  if (!server.listening) await once(server.listen(0, '127.0.0.1'), 'listening');
  proxy = await startFaultProxy({ host: '127.0.0.1', port: (server.address() as { port: number }).port });
});
afterEach(() => proxy.close());

interface Client {
  readonly socket: Socket;
  /** Bytes received so far, and how it ended. */
  readonly seen: { bytes: number; end: string | null };
  send(n: number): void;
  received(n: number): Promise<void>;
  ended(): Promise<string>;
}

async function client(): Promise<Client> {
  const socket = connect(proxy.port, '127.0.0.1');
  const seen: Client['seen'] = { bytes: 0, end: null };
  socket.on('data', (bytes) => (seen.bytes += bytes.length));
  socket.on('error', (error: NodeJS.ErrnoException) => (seen.end = error.code ?? 'error'));
  socket.on('end', () => (seen.end ??= 'end'));
  await once(socket, 'connect');
  const until = async (happened: () => boolean) => {
    while (!happened()) await sleep(2);
  };
  return {
    socket,
    seen,
    send: (n) => void socket.write(`${n}\n`),
    received: (n) => until(() => seen.bytes >= n),
    async ended() {
      await until(() => seen.end !== null);
      return seen.end!;
    },
  };
}

test('passes everything, counts, and tells each side that the other has ended', async () => {
  const one = await client();
  one.send(3_000_000);
  await one.received(3_000_000);
  const two = await client();
  two.send(10);
  await two.received(10);
  expect([one.seen.bytes, proxy.counts]).toEqual([3_000_000, { accepted: 2, open: 2 }]);
  one.socket.end();
  expect(await one.ended()).toBe('end');
  while (proxy.counts.open > 1) await sleep(2);
  for (const socket of sockets) socket.destroy();
  expect(await two.ended()).toBe('end');
});

test('latency delays without narrowing, jitter delays further, and a change takes effect at once', async () => {
  await proxy.setMode({ kind: 'latency', ms: 100, jitterMs: 20 });
  const one = await client();
  const start = performance.now();
  one.send(2_000_000);
  await one.received(1);
  expect(performance.now() - start).toBeGreaterThanOrEqual(199);
  await one.received(2_000_000);
  // 2 MB are dozens of chunks: each waiting for the one before it would take seconds
  await proxy.setMode({ kind: 'pass' });
  one.send(10);
  await one.received(2_000_010);
});

test('throttles to a number of bytes a second', async () => {
  await proxy.setMode({ kind: 'throttle', bytesPerSecond: 100_000 });
  const one = await client();
  const start = performance.now();
  one.send(50_000);
  await one.received(50_000);
  expect(performance.now() - start).toBeGreaterThan(450);
});

test('a black hole takes connections and bytes, and lets them out when it ends', async () => {
  const one = await client();
  await proxy.setMode({ kind: 'black hole' });
  const two = await client();
  one.send(100);
  two.send(100);
  await sleep(100);
  expect([one.seen, two.seen]).toEqual([
    { bytes: 0, end: null },
    { bytes: 0, end: null },
  ]);
  await proxy.setMode({ kind: 'pass' });
  await Promise.all([one.received(100), two.received(100)]);
});

test('refuses new connections, leaves those that are open, and listens on the same port again', async () => {
  const one = await client();
  await proxy.setMode({ kind: 'refuse' });
  await expect(client()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  one.send(7);
  await one.received(7);
  await proxy.setMode({ kind: 'pass' });
  const two = await client();
  two.send(7);
  await two.received(7);
});

test('reset breaks both sides', async () => {
  const one = await client();
  one.send(1);
  await one.received(1);
  const [other] = sockets;
  proxy.resetAll();
  expect(await one.ended()).toBe('ECONNRESET');
  while (!other!.destroyed) await sleep(2);
});

test('half-open: one side is gone and the other is not told', async () => {
  for (const gone of ['server', 'client'] as const) {
    const one = await client();
    one.send(1);
    await one.received(1);
    const other = [...sockets].at(-1)!;
    proxy.halfOpenAll(gone);
    await sleep(50);
    expect([one.seen.end, other.destroyed]).toEqual(gone === 'server' ? [null, true] : ['ECONNRESET', false]);
    if (gone === 'server') {
      one.send(5); // lost
      await sleep(20);
      expect(one.seen).toEqual({ bytes: 1, end: null });
    }
    one.socket.destroy();
    other.destroy();
  }
});

test('a trap springs so many bytes after a request, on as many connections as it is for', async () => {
  const chosen: ProxiedConnection[] = [];
  const sprung = proxy.trap({ request: '100000', answerBytes: 70_001, times: 2 }, (connection) => {
    chosen.push(connection);
    connection.reset();
  });
  const [one, two, three] = [await client(), await client(), await client()];
  three.send(5);
  await three.received(5);
  one.socket.write('100');
  await sleep(20);
  one.socket.write('000\n'); // a request is recognised across packets
  two.send(100_000);
  await sprung;
  await Promise.all([one.ended(), two.ended()]);
  expect(two.seen.bytes).toBe(70_001);
  expect(new Set(chosen.map(({ serverSidePort }) => serverSidePort)).size).toBe(2);
  three.send(100_000);
  await three.received(100_005);
});

test('a trap that does nothing to the connection lets the answer pass', async () => {
  const one = await client();
  const sprung = proxy.trap({ request: '500', answerBytes: 100 }, () => sleep(30));
  one.send(500);
  await sprung;
  await one.received(500);
  expect(one.seen).toEqual({ bytes: 500, end: null });
});
