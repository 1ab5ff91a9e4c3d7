import { EventEmitter, once, setMaxListeners } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What happens to bytes and to new connections; connections that live are changed with it. */
export type FaultMode =
  | { readonly kind: 'pass' }
  /** Every byte arrives this much later; more of them at a time are under way, as on a long line. */
  | { readonly kind: 'latency'; readonly ms: number; readonly jitterMs?: number }
  /** Each direction of each connection. */
  | { readonly kind: 'throttle'; readonly bytesPerSecond: number }
  /** Connections are taken, then nothing passes, not even the end of one; what waits arrives when the mode changes. */
  | { readonly kind: 'black hole' }
  /** Nothing listens; what is open goes on. */
  | { readonly kind: 'refuse' };

export interface Trap {
  /** Text that the client sends: a connection on which it passes is chosen. */
  readonly request: string;
  /** How many bytes of the answer still pass before the trap springs: 0 before any of it. */
  readonly answerBytes: number;
  /** How many connections are chosen; 1 when absent. */
  readonly times?: number;
}

/** One connection through the proxy. */
export interface ProxiedConnection {
  /** Its port as the server sees it: `client_port` of pg_stat_activity. */
  readonly serverSidePort: number;
  /** RST to both sides. */
  reset(): void;
  /** FIN to both sides, whatever they were saying. */
  end(): void;
  /** One side is gone, and the other is not told: what it sends is lost, and it hears nothing more. */
  halfOpen(gone: 'client' | 'server'): void;
}

/** A TCP proxy on 127.0.0.1 that does what networks do. */
export interface FaultProxy {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** Connections so far, and those that live. */
  readonly counts: { readonly accepted: number; readonly open: number };
  setMode(mode: FaultMode): Promise<void>;
  resetAll(): void;
  halfOpenAll(gone: 'client' | 'server'): void;
  /** Resolves after `act` was done on the last connection chosen: before the rest of the answer, if any, passes. */
  trap(trap: Trap, act: (connection: ProxiedConnection) => unknown): Promise<void>;
  /** Forgets traps that have not sprung: their promises stay open. */
  disarm(): void;
  close(): Promise<void>;
}

/** Bytes that may wait in one direction before its sender is held up. */
const MAX_WAITING_BYTES = 1 << 20;
const THROTTLE_STEP_MS = 20;

/** Starts a proxy before `target`; `port` 0 or absent for a free one. */
export async function startFaultProxy(
  target: { readonly host: string; readonly port: number },
  port = 0,
): Promise<FaultProxy> {
  const links = new Set<Link>();
  const line: Line = { mode: { kind: 'pass' }, changed: new EventEmitter(), traps: [] };
  setMaxListeners(0, line.changed);
  let accepted = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    accepted++;
    const link = new Link(
      client,
      connect({ host: target.host, port: target.port, allowHalfOpen: true, noDelay: true }),
      line,
    );
    links.add(link);
    link.closed.then(() => links.delete(link));
  });
  await listen(server, port);
  const own = (server.address() as { port: number }).port;
  return {
    host: '127.0.0.1',
    port: own,
    get counts() {
      return { accepted, open: links.size };
    },
    async setMode(mode) {
      line.mode = mode;
      line.changed.emit('mode');
      if (mode.kind !== 'refuse' && !server.listening) await listen(server, own);
      if (mode.kind === 'refuse' && server.listening) server.close(); // calls back only when the last connection has ended
    },
    resetAll() {
      for (const link of links) link.reset();
    },
    halfOpenAll(gone) {
      for (const link of links) link.halfOpen(gone);
    },
    trap: ({ request, answerBytes, times = 1 }, act) =>
      new Promise((resolve, reject) => {
        let left = times;
        const spring = async (link: Link) => {
          try {
            await act(link);
            if (--left === 0) resolve();
          } catch (error) {
            reject(error);
          }
        };
        line.traps.push({ request: Buffer.from(request), answerBytes, left: times, spring });
      }),
    disarm() {
      line.traps.length = 0;
    },
    async close() {
      server.close();
      for (const link of links) link.reset();
      await Promise.all([...links].map((link) => link.closed));
    },
  };
}

async function listen(server: Server, port: number): Promise<void> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

/** What all connections share. */
interface Line {
  mode: FaultMode;
  readonly changed: EventEmitter;
  readonly traps: ArmedTrap[];
}

interface ArmedTrap {
  readonly request: Buffer;
  readonly answerBytes: number;
  left: number;
  readonly spring: (link: Link) => Promise<void>;
}

class Link implements ProxiedConnection {
  readonly closed: Promise<void>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #line: Line;
  /** End of what the client has sent, in which a request may have begun. */
  #tail = Buffer.alloc(0);
  #armed: { readonly trap: ArmedTrap; bytesLeft: number } | null = null;
  #halfOpen = false;
  #serverSidePort = 0;

  constructor(client: Socket, server: Socket, line: Line) {
    this.#client = client;
    this.#server = server;
    this.#line = line;
    server.once('connect', () => (this.#serverSidePort = server.localPort ?? 0));
    const up = new Direction(client, server, line, (bytes) => this.#request(bytes));
    const down = new Direction(server, client, line, (bytes) => this.#answer(bytes));
    // A side that breaks, or refuses, is told to the other as a break: as a router does, once it is heard at all.
    for (const socket of [client, server])
      socket.on('error', () => {
        if (!this.#halfOpen) this.reset();
      });
    this.closed = Promise.all([client, server].map(gone)).then(() => {
      up.stop();
      down.stop();
    });
  }

  get serverSidePort(): number {
    return this.#serverSidePort;
  }

  reset(): void {
    for (const socket of [this.#client, this.#server])
      if (socket.connecting) socket.destroy();
      else if (!socket.destroyed) socket.resetAndDestroy();
  }

  end(): void {
    for (const socket of [this.#client, this.#server]) socket.destroy();
  }

  halfOpen(gone: 'client' | 'server'): void {
    this.#halfOpen = true;
    const [lost, left] = gone === 'client' ? [this.#client, this.#server] : [this.#server, this.#client];
    lost.resetAndDestroy();
    // It goes on until it gives up by itself: its bytes are taken, and so is its goodbye.
    left.removeAllListeners('data').removeAllListeners('end');
    left.on('end', () => left.end()).resume();
  }

  async #request(bytes: Buffer): Promise<Buffer> {
    const text = Buffer.concat([this.#tail, bytes]);
    for (const trap of this.#line.traps) {
      if (this.#armed || trap.left === 0 || !text.includes(trap.request)) continue;
      trap.left--;
      this.#armed = { trap, bytesLeft: trap.answerBytes };
    }
    const longest = Math.max(0, ...this.#line.traps.map(({ request }) => request.length - 1));
    this.#tail = text.subarray(Math.max(0, text.length - longest));
    return bytes;
  }

  /** Passes what may pass of an answer and springs the trap in its middle; what is left comes back. */
  async #answer(bytes: Buffer): Promise<Buffer> {
    const armed = this.#armed;
    if (armed === null) return bytes;
    if (bytes.length <= armed.bytesLeft) {
      armed.bytesLeft -= bytes.length;
      return bytes;
    }
    if (armed.bytesLeft > 0)
      await new Promise<void>((sent) => this.#client.write(bytes.subarray(0, armed.bytesLeft), () => sent()));
    this.#armed = null;
    await armed.trap.spring(this);
    return bytes.subarray(armed.bytesLeft);
  }
}

/** Node does not always tell that a socket is closed: not where it is reset, and a write fails meanwhile. */
function gone(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.on('error', () => setImmediate(() => socket.destroyed && resolve()));
  });
}

/** One way of one connection: a queue that hands on its chunks as the mode lets it. */
class Direction {
  readonly #queue: { readonly bytes: Buffer | null; readonly at: number }[] = [];
  #waitingBytes = 0;
  #draining = false;
  #stopped = false;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    private readonly line: Line,
    private readonly inspect: (bytes: Buffer) => Promise<Buffer>,
  ) {
    from.on('data', (bytes: Buffer) => {
      this.#waitingBytes += bytes.length;
      if (this.#waitingBytes >= MAX_WAITING_BYTES) from.pause();
      this.#push(bytes);
    });
    from.on('end', () => this.#push(null));
  }

  stop(): void {
    this.#stopped = true;
    this.line.changed.emit('mode'); // lets go of what waits for a change
  }

  #push(bytes: Buffer | null): void {
    this.#queue.push({ bytes, at: performance.now() });
    if (!this.#draining) void this.#drain();
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let next = this.#queue.shift(); next && !this.#stopped; next = this.#queue.shift()) {
      await this.#allowed(next.at);
      if (next.bytes === null) {
        if (this.to.writable) this.to.end();
        continue;
      }
      const bytes = await this.inspect(next.bytes);
      await this.#write(bytes);
      this.#waitingBytes -= next.bytes.length;
      if (this.#waitingBytes < MAX_WAITING_BYTES && this.from.isPaused()) this.from.resume();
    }
    this.#draining = false;
  }

  /** Until what came at `at` may pass. */
  async #allowed(at: number): Promise<void> {
    while (this.line.mode.kind === 'black hole' && !this.#stopped) await once(this.line.changed, 'mode');
    const { mode } = this.line;
    if (mode.kind !== 'latency') return;
    const dueMs = at + mode.ms + Math.random() * (mode.jitterMs ?? 0) - performance.now();
    if (dueMs > 0) await sleep(dueMs, undefined, { ref: false });
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      if (!this.to.writable) return;
      const { mode } = this.line;
      const step = mode.kind === 'throttle' ? Math.ceil((mode.bytesPerSecond * THROTTLE_STEP_MS) / 1000) : bytes.length;
      const part = bytes.subarray(offset, offset + step);
      offset += part.length;
      if (!this.to.write(part)) await Promise.race([once(this.to, 'drain'), once(this.to, 'close')]).catch(() => {});
      if (mode.kind === 'throttle') await sleep(THROTTLE_STEP_MS, undefined, { ref: false });
      await this.#allowed(0);
    }
  }
}
