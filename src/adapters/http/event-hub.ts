import { Readable } from 'node:stream';

/** What a client of `/api/v1/events` is told; `data` is plain JSON. */
export interface DaemonEvent {
  readonly type: 'status' | 'run_started' | 'run_progress' | 'run_ended' | 'incident_changed';
  readonly data: object;
}

/** More listeners than this are refused. */
export const MAX_LISTENERS = 100;
/** One that does not read is cut off when so much waits for it; it may ask again and sees how things are then. */
const MAX_WAITING_BYTES = 1_048_576;
const HEARTBEAT_MS = 15_000;

/** Tells every listener what happens, as server-sent events. */
export class EventHub {
  readonly #listeners = new Set<EventStream>();

  get listeners(): number {
    return this.#listeners.size;
  }

  publish(event: DaemonEvent): void {
    for (const each of this.#listeners) each.send(textOf(event));
  }

  /** What one listener reads; it begins with `first`, and ends when the listener goes away or the hub is closed. */
  listen(first: DaemonEvent): Readable {
    const stream = new EventStream();
    this.#listeners.add(stream);
    // A proxy, or a client, that hears nothing takes the connection for dead.
    const heartbeat = setInterval(() => stream.send(': still here\n\n'), HEARTBEAT_MS);
    stream.once('close', () => {
      clearInterval(heartbeat);
      this.#listeners.delete(stream);
    });
    stream.send(`retry: 2000\n${textOf(first)}`);
    return stream;
  }

  close(): void {
    for (const each of this.#listeners) each.push(null);
  }
}

class EventStream extends Readable {
  override _read(): void {}

  send(text: string): void {
    if (this.destroyed || this.readableEnded) return;
    if (this.readableLength > MAX_WAITING_BYTES) this.destroy();
    else this.push(text);
  }
}

/** JSON has no line break in it. */
function textOf({ type, data }: DaemonEvent): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
