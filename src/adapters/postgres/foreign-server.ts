/** Telling a Postgres server from whatever else may listen on a port, by the first bytes it sends. */

/** First bytes a server may answer a start-up message with: Authentication, Error, Notice, NegotiateProtocolVersion. */
const STARTUP_ANSWERS = new Set(['R', 'E', 'N', 'v']);
/** One byte answers a request for TLS: yes, no; or an error message begins. */
const TLS_ANSWERS = new Set(['S', 'N', 'E']);

/** What answers, in words, when these first bytes cannot come from a Postgres server; null when they can. */
export function foreignServer(bytes: Uint8Array, askedForTls: boolean): string | null {
  const first = String.fromCharCode(bytes[0] ?? 0);
  const lone = bytes.length === 1 || first === 'E';
  // Without TLS the message length follows the type: 4 bytes, and no answer to a start-up message is long.
  const plausible = bytes.length < 5 || (bytes[1] === 0 && bytes[2] === 0);
  if (askedForTls ? TLS_ANSWERS.has(first) && lone && plausible : STARTUP_ANSWERS.has(first) && plausible) return null;
  const text = Buffer.from(bytes.subarray(0, 16)).toString('latin1');
  if (text.startsWith('HTTP/')) return 'an HTTP server';
  if (text.startsWith('SSH-')) return 'an SSH server';
  if (bytes[0] === 0x15 && bytes[1] === 3) return 'a TLS server of another protocol, such as HTTPS';
  // MySQL and MariaDB speak first: 3 bytes of length, sequence 0, protocol version 10.
  if (bytes[3] === 0 && bytes[4] === 10) return 'a MySQL or MariaDB server';
  if (text.startsWith('-ERR')) return 'a Redis server';
  return 'another kind of server';
}
