import { quoteIdentifier } from './quote.js';

/** What a case may look at. */
export interface FailureFacts {
  readonly code: string;
  /** The server's primary message is translated by `lc_messages`: `routine` is not, and comes first. */
  readonly message: string;
  readonly routine: string;
  readonly fromServer: boolean;
  readonly ours: boolean;
  readonly at: string;
  readonly host: string;
  readonly user: string;
  readonly role: string | undefined;
  readonly database: string;
  readonly variable: (name: string) => string;
  readonly table: string | undefined;
}

/** One known cause. `code` and `retryable` replace what the error itself says. */
export interface FailureCase {
  readonly when: (facts: FailureFacts) => boolean;
  readonly message: (facts: FailureFacts) => string;
  readonly code?: string;
  readonly retryable?: boolean;
}

const code =
  (...codes: readonly string[]) =>
  (facts: FailureFacts) =>
    codes.includes(facts.code);

const server = (sqlState: string, words?: RegExp, routine?: string) => (facts: FailureFacts) =>
  facts.fromServer &&
  facts.code === sqlState &&
  (!words || words.test(facts.message) || (routine !== undefined && facts.routine === routine));

const words = (pattern: RegExp) => (facts: FailureFacts) =>
  !facts.fromServer && !facts.ours && pattern.test(facts.message);

/** The first that fits is taken. */
export const FAILURE_CASES: readonly FailureCase[] = [
  // Ours are sentences already.
  { when: (facts) => facts.ours, message: (facts) => facts.message },

  // Network
  {
    when: code('ECONNREFUSED'),
    message: ({ at, variable }) =>
      `nothing listens on ${at}; check ${variable('HOST')} and ${variable('PORT')}, and that the server runs`,
  },
  {
    when: code('ENOTFOUND', 'EAI_NONAME', 'EAI_NODATA'),
    message: ({ host, variable }) => `the host name "${host}" is not known; check ${variable('HOST')}`,
  },
  {
    when: code('EAI_AGAIN'),
    message: ({ host, variable }) =>
      `the name service did not answer for "${host}"; check the network and ${variable('HOST')}`,
  },
  {
    when: code('ETIMEDOUT'),
    message: ({ at, variable }) =>
      `no answer from ${at}; check ${variable('HOST')}, ${variable('PORT')} and the firewalls between`,
  },
  {
    when: code('EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'ENETDOWN'),
    message: ({ at, variable }) => `there is no route to ${at}; check ${variable('HOST')} and the network`,
  },
  {
    when: (facts) => facts.host.startsWith('/') && ['ENOENT', 'EACCES'].includes(facts.code),
    message: ({ at, variable }) =>
      `the socket of ${at} is not there or not allowed; check ${variable('HOST')} and ${variable('PORT')}`,
  },
  {
    when: code('ECONNRESET', 'EPIPE'),
    message: ({ at }) => `${at} ended the connection; the server, a proxy or a firewall between closed it`,
  },
  {
    when: words(/^(Connection terminated|Client has encountered a connection error|Client was closed)/),
    code: 'connection_lost',
    message: ({ at }) =>
      `${at} closed the connection without a word: the server stopped or crashed, or a proxy before it found none`,
  },

  // TLS
  {
    when: words(/^The server does not support SSL connections/),
    code: 'tls_refused',
    retryable: false,
    message: ({ at, variable }) =>
      `${at} does not offer TLS; turn it on there (ssl = on), or lower ${variable('SSLMODE')}`,
  },
  {
    when: words(/^There was an error establishing an SSL connection/),
    code: 'tls_failed',
    retryable: false,
    message: ({ at, variable }) =>
      `${at} broke off when asked for TLS; check ${variable('PORT')} and ${variable('SSLMODE')}`,
  },
  {
    when: code('DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'),
    message: ({ at, variable }) =>
      `the certificate of ${at} is signed by an authority that is not trusted (self-signed); set ${variable('SSLROOTCERT')} to the certificate of its authority`,
  },
  {
    when: code(
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_UNTRUSTED',
      'CERT_SIGNATURE_FAILURE',
      'INVALID_CA',
    ),
    message: ({ at, variable }) =>
      `the certificate of ${at} is not signed by an authority in ${variable('SSLROOTCERT')}; name the right authority there`,
  },
  {
    when: code('ERR_TLS_CERT_ALTNAME_INVALID', 'HOSTNAME_MISMATCH'),
    message: ({ host, variable }) =>
      `the server's certificate is not for "${host}"; set ${variable('HOST')} to a name in the certificate, or ${variable('SSLMODE')}=verify-ca to check the authority only`,
  },
  {
    when: code('CERT_HAS_EXPIRED'),
    message: ({ at, variable }) =>
      `the certificate of ${at}, or of its authority (${variable('SSLROOTCERT')}), has expired; renew it; ${variable('SSLMODE')} says it must be valid`,
  },
  {
    when: code('CERT_NOT_YET_VALID'),
    message: ({ at }) => `the certificate of ${at} is not valid yet; check the clocks of both machines`,
  },
  {
    when: (facts) => /^(ERR_SSL_|ERR_TLS_|EPROTO)/.test(facts.code) || /CERT/.test(facts.code),
    message: ({ at, code: tlsCode, variable }) =>
      `TLS with ${at} failed (${tlsCode}); check ${variable('SSLMODE')}, ${variable('SSLROOTCERT')}, and whether the server wants ${variable('SSLCERT')} and ${variable('SSLKEY')}`,
  },

  // Login
  {
    when: server('28P01'),
    message: ({ at, user, variable }) =>
      `${at} refused the password of ${user}; check ${variable('PASSWORD')} and ${variable('USER')}`,
  },
  {
    when: server('28000', /client certificate|certificate authentication/i),
    message: ({ at, user, variable }) =>
      `${at} wants a client certificate of ${user}; set ${variable('SSLCERT')} and ${variable('SSLKEY')}`,
  },
  {
    when: server('28000', /pg_hba\.conf/i, 'ClientAuthentication'),
    message: ({ at, user, database, message, variable }) =>
      /no encryption|SSL off/i.test(message)
        ? `${at} lets ${user} into ${database} from here only with TLS, or not at all; set ${variable('SSLMODE')}=require, or add a line to the server's pg_hba.conf`
        : `${at} does not let ${user} into ${database} from this machine; add a line for it to the server's pg_hba.conf`,
  },
  {
    when: server('28000'),
    message: ({ at, user, variable }) =>
      `${at} does not let ${user} log in (no such role, or no LOGIN); check ${variable('USER')}`,
  },
  {
    when: words(/^SASL: SCRAM-SERVER-FINAL/),
    code: 'server_not_proven',
    retryable: false,
    message: ({ at, variable }) =>
      `${at} could not prove that it knows the password: it may not be the right server; check ${variable('HOST')}`,
  },
  {
    when: words(/^SASL: /),
    code: 'authentication',
    retryable: false,
    message: ({ at, variable }) =>
      `the login at ${at} failed: it offers no way to log in that works with ${variable('PASSWORD')} (scram-sha-256, md5 or password)`,
  },
  {
    when: words(/^Unknown authentication|^Received unexpected .* message|^received invalid response/i),
    code: 'not_postgres',
    retryable: false,
    message: ({ at, variable }) =>
      `${at} does not speak the Postgres protocol as it should; check ${variable('HOST')} and ${variable('PORT')}`,
  },
  {
    when: server('3D000'),
    message: ({ at, database, variable }) => `there is no ${database} at ${at}; check ${variable('NAME')}`,
  },
  {
    when: server('53300', /query_wait_timeout|max_client_conn/),
    message: ({ at }) =>
      `the connection pooler at ${at} had no connection free in time; lower DB_MAX_CONNECTIONS, or raise default_pool_size (max_client_conn) there`,
  },
  {
    when: server('53300'),
    message: ({ at }) =>
      `${at} has no connection left (its max_connections, or the limit of the role or database); lower DB_MAX_CONNECTIONS, or raise the limit there`,
  },
  {
    when: (facts) => facts.fromServer && code('08001', '08006')(facts),
    message: ({ at }) =>
      `the connection pooler at ${at} cannot reach its server; it is down, starting, or has just crashed`,
  },
  {
    when: code('57P03'),
    message: ({ at }) => `${at} is starting up, shutting down or recovering and takes no connections now`,
  },
  {
    when: code('57P01', '57P02', '57P05'),
    message: ({ at }) => `${at} ended the connection (restart, crash or an administrator)`,
  },

  // Privileges
  {
    when: server('42501', /row-level security/i, 'check_enable_rls'),
    code: 'row_security',
    message: ({ table, role }) =>
      `row security would hide rows${table ? ` of ${table}` : ''}, so it is not read; give the role BYPASSRLS${role ? `: ALTER ROLE ${quoteIdentifier(role)} BYPASSRLS` : ''}, or exclude the table`,
  },
  {
    when: server('42501'),
    message: ({ message, table, role }) => `${denied(message)}; ${grant(message, table, role)}`,
  },

  // Limits
  {
    when: server('57014', /user request/i),
    message: () => 'the statement was cancelled on the server, by a shutdown of this program or by an administrator',
  },
  {
    when: (facts) => facts.fromServer && /conflict with recovery/i.test(facts.message),
    retryable: true,
    message: ({ at, table }) =>
      `${at} is a standby and gave up the read${table ? ` of ${table}` : ''} to apply changes of its primary; turn hot_standby_feedback on there, or raise max_standby_streaming_delay`,
  },
  {
    when: server('57014', /^query[_ ]timeout/),
    message: ({ at }) =>
      `the connection pooler at ${at} ended the statement (its query_timeout); raise it there to STATEMENT_TIMEOUT or more`,
  },
  {
    when: server('57014'),
    message: ({ table }) =>
      `the statement${table ? ` on ${table}` : ''} took longer than it may; raise STATEMENT_TIMEOUT (and MAX_TRANSACTION_AGE, which caps it)`,
  },
  {
    when: server('55P03'),
    message: ({ table }) =>
      `a lock${table ? ` on ${table}` : ''} was not free within LOCK_TIMEOUT: another session holds it (ALTER, TRUNCATE, VACUUM FULL …)`,
  },
  {
    when: code('25P03', '25P04'),
    message: ({ table }) =>
      `the transaction${table ? ` on ${table}` : ''} reached MAX_TRANSACTION_AGE and was ended; raise it`,
  },
  {
    when: server('42P01'),
    message: ({ table }) =>
      `${table ?? 'the table'} does not exist any more: it was dropped or renamed in the meantime`,
  },
];

function denied(message: string): string {
  // "permission denied for table orders": the object, no value. Other languages and extensions: no words of theirs.
  return /^permission denied/.test(message) ? message : 'the role lacks a privilege';
}

/** The statement that mends it, as far as the object is known. */
function grant(message: string, table: string | undefined, role: string | undefined): string {
  const to = role === undefined ? '<role>' : quoteIdentifier(role);
  const schema = /^permission denied for schema (.+)$/.exec(message)?.[1];
  if (schema !== undefined) return `GRANT USAGE ON SCHEMA ${quoteIdentifier(schema)} TO ${to}`;
  if (table !== undefined) return `GRANT SELECT ON ${quoteDotted(table)} TO ${to}`;
  const relation = /^permission denied for (?:table|view|materialized view|foreign table|relation) (.+)$/.exec(
    message,
  )?.[1];
  return relation === undefined ? `grant it to ${to}` : `GRANT SELECT ON ${quoteIdentifier(relation)} TO ${to}`;
}

/** `schema.table` as people write it; only the first dot can separate. */
function quoteDotted(table: string): string {
  const dot = table.indexOf('.');
  return dot < 1 || dot === table.length - 1
    ? quoteIdentifier(table)
    : `${quoteIdentifier(table.slice(0, dot))}.${quoteIdentifier(table.slice(dot + 1))}`;
}
