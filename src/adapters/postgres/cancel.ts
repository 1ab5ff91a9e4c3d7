import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type pg from 'pg';
import type { ConnectionSettings } from '#src/contract/connection.js';
import { cancelKey, isBusy, settled } from './client-state.js';
import { tlsOptions } from './tls.js';

/** Wait for the effect of a cancel request before the next. */
const AGAIN_MS = 200;

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Ask the server to cancel what `client` is running: a CancelRequest on a connection of its own (PostgreSQL protocol,
 * "Canceling Requests in Progress"), through TLS where the client's own connection is. Resolves within `timeoutMs`: true
 * when the server took the request (whether something was still there to cancel, nobody is told), else false. Never rejects.
 */
export async function cancelQuery(
  client: pg.Client,
  settings: ConnectionSettings,
  timeoutMs: number,
): Promise<boolean> {
  const key = cancelKey(client);
  if (!key) return false;
  const socket = connectBeside(client, settings);
  const timer = setTimeout(() => socket.destroy(new Error('cancel request timed out')), timeoutMs);
  try {
    await event(socket, 'connect');
    const { encrypted } = client.connection.stream as Socket & { readonly encrypted?: boolean };
    const wire = encrypted ? await upgrade(socket, settings) : socket;
    wire.write(cancelRequest(key.processId, key.secret));
    // The server closes the connection once it has passed the request on.
    await event(wire.resume(), 'close');
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/**
 * Cancel until the statement that runs on `client` has ended, at the longest `limitMs`. Once is not enough: a request that
 * overtakes the statement it is meant for finds nothing to cancel, and the server forgets it.
 */
export async function cancelUntilSettled(
  client: pg.Client,
  settings: ConnectionSettings,
  limitMs: number,
): Promise<void> {
  const deadline = performance.now() + limitMs;
  for (let leftMs = limitMs; leftMs > 0 && isBusy(client); leftMs = deadline - performance.now()) {
    await cancelQuery(client, settings, leftMs);
    if (await settled(client, Math.min(AGAIN_MS, leftMs))) return;
  }
}

/**
 * Whether the server that `client` is connected to answers on another connection, within `timeoutMs`: asked only if it speaks TLS, it
 * need know nobody and gives no slot away. Never rejects.
 */
export async function serverAnswers(
  client: pg.Client,
  settings: ConnectionSettings,
  timeoutMs: number,
): Promise<boolean> {
  const socket = connectBeside(client, settings);
  const timer = setTimeout(() => socket.destroy(new Error('no answer')), timeoutMs);
  try {
    await event(socket, 'connect');
    socket.write(SSL_REQUEST);
    const answer = (await event(socket, 'data')) as Buffer;
    // A handshake that is broken off is an error in the server's log; nothing is sent, so nobody need be trusted.
    if (answer.toString('latin1') === 'S') {
      const wire = connectTls({ socket, rejectUnauthorized: false }).on('error', () => undefined);
      await event(wire, 'secureConnect').catch(() => undefined);
      wire.end();
    }
    return true;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** To the same server, where a name has several addresses. */
function connectBeside(client: pg.Client, settings: ConnectionSettings): Socket {
  const own = client.connection.stream as Socket;
  const socket = settings.host.startsWith('/')
    ? connectTcp(`${settings.host}/.s.PGSQL.${settings.port}`)
    : connectTcp(own.remotePort ?? settings.port, own.remoteAddress ?? settings.host);
  return socket.on('error', () => undefined);
}

function cancelRequest(processId: number, secret: number): Buffer {
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(80877102, 4);
  message.writeInt32BE(processId, 8);
  message.writeInt32BE(secret, 12);
  return message;
}

async function upgrade(socket: Socket, settings: ConnectionSettings): Promise<Socket> {
  socket.write(SSL_REQUEST);
  const answer = (await event(socket, 'data')) as Buffer;
  if (answer.toString('latin1') !== 'S') throw new Error('the server refused TLS for a cancel request');
  const { host } = settings;
  const wire = connectTls({ socket, host, ...tlsOptions(settings), ...(isIP(host) === 0 && { servername: host }) });
  await event(wire, 'secureConnect');
  return wire;
}

/** One event, or the stream's error; a socket that closes instead rejects too. */
function event(stream: Socket, name: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once(name, resolve);
    if (name !== 'close') stream.once('close', () => reject(new Error('closed')));
  });
}
