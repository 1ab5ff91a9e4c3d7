import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { readingSocket } from '#src/adapters/postgres/reading-socket.js';

const server = createServer().listen(0, '127.0.0.1');

afterEach(() => void server.close());

it('gives bytes to keep, unless they are read in place', async () => {
  if (!server.listening) await once(server, 'listening');
  const socket = readingSocket();
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  socket.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [peer] = await accepted;
  const kept: Buffer[] = [];
  socket.on('data', (bytes: Buffer) => kept.push(bytes));
  const send = async (text: string) => {
    const got = once(socket, 'data');
    peer.write(text);
    await got;
  };
  await send('first');
  await send('other');
  expect(kept.map(String)).toEqual(['first', 'other']);
  socket.inPlace = true;
  await send('third');
  await send('fours');
  expect(kept.map(String)).toEqual(['first', 'other', 'fours', 'fours']);
  const ended = once(socket, 'end');
  peer.end();
  await ended;
  socket.destroy();
});
