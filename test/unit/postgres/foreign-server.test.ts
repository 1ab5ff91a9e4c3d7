import { expect, test } from 'vitest';
import { foreignServer } from '#src/adapters/postgres/foreign-server.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');

test.each([
  ['HTTP/1.1 400 Bad Request\r\n', 'HTTP'],
  ['SSH-2.0-OpenSSH_9.2\r\n', 'SSH'],
  ['\x4a\x00\x00\x00\x0a8.0.33\x00', 'MySQL'],
  ['-ERR unknown command', 'Redis'],
  ['\x15\x03\x01\x00\x02', 'HTTPS'],
  ['220 mail.example.com ESMTP', 'another'],
])('%j is no Postgres', (greeting, name) => {
  expect(foreignServer(bytes(greeting), false)).toContain(name);
  expect(foreignServer(bytes(greeting), true)).toContain(name);
});

test('answers of a Postgres server', () => {
  for (const answer of ['S', 'N', 'E\x00\x00\x00\x80SFATAL']) expect(foreignServer(bytes(answer), true)).toBeNull();
  for (const answer of ['R\x00\x00\x00\x17', 'E\x00\x00\x00\x80SFATAL', 'R'])
    expect(foreignServer(bytes(answer), false)).toBeNull();
  // Bytes stuffed behind the answer to a request for TLS (CVE-2021-23222).
  expect(foreignServer(bytes('SR\x00\x00\x00\x08'), true)).not.toBeNull();
});
