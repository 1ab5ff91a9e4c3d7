import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Most bytes of one read. */
const READ_BYTES = 64 * 1024;

/**
 * A plain socket that reads into one buffer over and over. Node otherwise allocates 64 KiB for each read, of which some 12 are
 * used: a fifth of the processor time of receiving a COPY, and most of a worker's garbage.
 */
export interface ReadingSocket extends Socket {
  /** While true, the bytes of a 'data' event are good only during the event; else each event has a copy of its own. */
  inPlace: boolean;
}

/** A socket yet to be connected. */
export function readingSocket(): ReadingSocket {
  const buffer = new Uint8Array(READ_BYTES);
  const callback = (length: number): boolean => {
    const { inPlace } = socket;
    socket.emit('data', inPlace ? Buffer.from(buffer.buffer, 0, length) : Buffer.from(buffer.subarray(0, length)));
    return true;
  };
  const options: SocketConstructorOpts & { onread: OnReadOpts } = { onread: { buffer, callback } };
  const socket: ReadingSocket = Object.assign(new Socket(options), { inPlace: false });
  return socket;
}
