/** What PgBouncer says in errors of its own, and the SQLSTATE that Postgres has for the same. Words before a colon are its own, too. */
const STATES: readonly (readonly [words: RegExp, sqlState: string])[] = [
  [/\b(SASL|password) authentication failed|\bno such user|\bauthentication failed\b/, '28P01'],
  [/\bdatabase ".*" does not exist|\bno such database/, '3D000'],
  [/\bquery_wait_timeout|\bno more connections allowed|\btoo many (connections|clients)|\bconnection slots/, '53300'],
  [/\bserver conn crashed/, '08006'],
  [/\b(starting up|in recovery mode|not yet accepting connections)/, '57P03'],
  [/\bshutting down/, '57P01'],
  [/\bserver login has been failing|\bcannot connect to server|\bclient_login_timeout/, '08001'],
  [/^query[_ ]timeout/, '57014'],
];

/**
 * PgBouncer gives most of its own errors, and those of a server that lets it not in, SQLSTATE 08P01 (protocol_violation), be it a
 * wrong password or a server that is down for a moment. This is the SQLSTATE they would have without it; undefined where it
 * is not such an error.
 */
export function stateBehindPooler(error: { readonly code?: unknown; readonly message?: unknown }): string | undefined {
  const { code, message } = error;
  if (code !== '08P01' || typeof message !== 'string') return undefined;
  return STATES.find(([words]) => words.test(message))?.[1];
}
