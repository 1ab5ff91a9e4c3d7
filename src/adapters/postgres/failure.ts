import type { ConnectionSettings } from '#src/contract/connection.js';
import type { Failure } from '#src/core/model/failure.js';
import { CopyFailure } from './copy-failure.js';
import { FAILURE_CASES, type FailureFacts } from './failure-cases.js';
import { stateBehindPooler } from './pooler-error.js';
import { isTransient } from './retry.js';

export interface FailureContext {
  readonly source?: string;
  /** As people write it: `schema.table`. */
  readonly table?: string;
  /** Lets the sentence name host, port, user and the variables to change. */
  readonly connection?: ConnectionSettings;
}

/** Classes of SQLSTATE whose primary message names objects and states, never values of rows or of a query. */
const SPEAKING_CLASSES = new Set([
  '08',
  '0A',
  '25',
  '26',
  '28',
  '34',
  '3B',
  '3D',
  '3F',
  '40',
  '42',
  '53',
  '54',
  '55',
  '57',
  '58',
  'F0',
  'XX',
]);
const MAX_LENGTH = 400;

/**
 * Whatever was thrown, as plain data: code, one sentence with cause and fix, and whether another try may help. Detail,
 * hint and context of a Postgres error are never copied (they quote rows), nor a password or the credentials of a URL.
 */
export function toFailure(error: unknown, context: FailureContext = {}): Failure {
  const origin = originOf(error);
  const facts = factsOf(origin, context);
  const match = FAILURE_CASES.find((candidate) => candidate.when(facts));
  const source = context.source ?? context.connection?.name;
  return {
    code: match?.code ?? facts.code,
    message: presentable(match ? match.message(facts) : plainMessage(facts), context.connection),
    retryable: match?.retryable ?? isTransient(origin),
    ...(source !== undefined && { source }),
    ...(context.table !== undefined && { table: context.table }),
  };
}

/** What the server or the network said: of a COPY what stopped it, and of several addresses of one host the first error. */
function originOf(error: unknown): unknown {
  const single = error instanceof CopyFailure ? error.cause : error;
  return single instanceof AggregateError && single.errors.length > 0 ? single.errors[0] : single;
}

function factsOf(single: unknown, context: FailureContext): FailureFacts {
  const fields: Partial<Record<string, unknown>> = typeof single === 'object' && single !== null ? single : {};
  const text = (value: unknown) => (typeof value === 'string' ? value : '');
  const message = text(fields.message) || (typeof single === 'string' ? single : '');
  const { connection, table } = context;
  return {
    code:
      stateBehindPooler(fields) ||
      text(fields.code) ||
      (single instanceof Error && single.name === 'AbortError' ? 'aborted' : 'unknown'),
    message,
    routine: text(fields.routine),
    fromServer: typeof fields.severity === 'string',
    ours: fields.name === 'SourceError',
    at: connection ? `${connection.host}:${connection.port}` : 'the server',
    host: connection?.host ?? 'the host',
    user: connection ? `user "${connection.user}"` : 'the user',
    role: connection?.user,
    database: connection ? `database "${connection.database}"` : 'the database',
    variable: (name) => (connection ? `${connection.envPrefix}_${name}` : `<SOURCE>_DB_${name}`),
    table,
  };
}

/** For what no case knows: the server's own words where they cannot quote data, else the code alone. */
function plainMessage({ code, message, fromServer }: FailureFacts): string {
  if (!message) return `an unknown error (${code})`;
  if (!fromServer) return message;
  return SPEAKING_CLASSES.has(code.slice(0, 2))
    ? `the server says: ${message} (SQLSTATE ${code})`
    : `the server could not process a value (SQLSTATE ${code}); its message may quote data and is left out`;
}

/** One line, of bounded length, without secrets. */
function presentable(message: string, connection: ConnectionSettings | undefined): string {
  let line = message.replace(/\s+/g, ' ').trim();
  line = line.replace(/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi, '$1***@');
  if (connection?.password) line = line.replaceAll(connection.password, '***');
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line;
}
