import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { toFailure } from '#src/adapters/postgres/failure.js';
import { SETTINGS } from '../../support/connections.js';

const coded = (code: string, message = code) => Object.assign(new Error(message), { code });

/** As node-postgres makes it from an ErrorResponse. */
function serverError(code: string, message: string, fields: Record<string, string> = {}): Error {
  return Object.assign(new pg.DatabaseError(message, 0, 'error'), { severity: 'ERROR', code, ...fields });
}

const cases: [what: string, error: unknown, code: string, retryable: boolean, names: string[]][] = [
  ['refused port', coded('ECONNREFUSED'), 'ECONNREFUSED', true, ['127.0.0.1:5432', 'BATCH_DB_HOST', 'BATCH_DB_PORT']],
  [
    'several refused addresses',
    Object.assign(new AggregateError([coded('ECONNREFUSED')]), { code: 'ECONNREFUSED' }),
    'ECONNREFUSED',
    true,
    ['nothing listens'],
  ],
  ['unknown host', coded('ENOTFOUND'), 'ENOTFOUND', false, ['BATCH_DB_HOST']],
  ['name service', coded('EAI_AGAIN'), 'EAI_AGAIN', true, ['name service']],
  ['silence', coded('ETIMEDOUT'), 'ETIMEDOUT', true, ['firewalls']],
  [
    'lost connection',
    new Error('Connection terminated unexpectedly'),
    'connection_lost',
    true,
    ['closed the connection'],
  ],
  [
    'no TLS there',
    new Error('The server does not support SSL connections'),
    'tls_refused',
    false,
    ['BATCH_DB_SSLMODE'],
  ],
  ['self-signed', coded('SELF_SIGNED_CERT_IN_CHAIN'), 'SELF_SIGNED_CERT_IN_CHAIN', false, ['BATCH_DB_SSLROOTCERT']],
  [
    'wrong name',
    coded('ERR_TLS_CERT_ALTNAME_INVALID'),
    'ERR_TLS_CERT_ALTNAME_INVALID',
    false,
    ['BATCH_DB_HOST', 'BATCH_DB_SSLMODE'],
  ],
  ['expired', coded('CERT_HAS_EXPIRED'), 'CERT_HAS_EXPIRED', false, ['expired', 'BATCH_DB_SSLMODE']],
  [
    'any other TLS error',
    coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
    false,
    ['BATCH_DB_SSLCERT'],
  ],
  ['wrong password', serverError('28P01', 'x'), '28P01', false, ['user "airflow"', 'BATCH_DB_PASSWORD']],
  [
    'no line in pg_hba.conf, not English',
    serverError('28000', 'kein Eintrag', { routine: 'ClientAuthentication' }),
    '28000',
    false,
    ['pg_hba.conf', 'database "analytics_db"'],
  ],
  [
    'only with TLS',
    serverError('28000', 'no pg_hba.conf entry for host "h", user "u", database "d", no encryption'),
    '28000',
    false,
    ['BATCH_DB_SSLMODE=require'],
  ],
  ['missing database', serverError('3D000', 'x'), '3D000', false, ['BATCH_DB_NAME']],
  ['no connection left', serverError('53300', 'x'), '53300', true, ['DB_MAX_CONNECTIONS']],
  [
    'statement timeout',
    serverError('57014', 'canceling statement due to statement timeout'),
    '57014',
    false,
    ['STATEMENT_TIMEOUT'],
  ],
  ['cancelled', serverError('57014', 'canceling statement due to user request'), '57014', false, ['cancelled']],
  [
    'a recovery conflict on a standby',
    serverError('40001', 'canceling statement due to conflict with recovery'),
    '40001',
    true,
    ['standby', 'shop.orders', 'hot_standby_feedback'],
  ],
  ['pooler full', serverError('08P01', 'query_wait_timeout'), '53300', true, ['pooler', 'default_pool_size']],
  ['server behind a pooler', serverError('08P01', 'server conn crashed?'), '08006', true, ['pooler', 'down']],
  ['password at a pooler', serverError('08P01', 'SASL authentication failed'), '28P01', false, ['BATCH_DB_PASSWORD']],
  ['limit of a pooler', serverError('08P01', 'query timeout'), '57014', false, ['query_timeout', 'STATEMENT_TIMEOUT']],
  ['lock timeout', serverError('55P03', 'x'), '55P03', true, ['LOCK_TIMEOUT', 'shop.orders']],
  ['transaction timeout', serverError('25P04', 'x'), '25P04', true, ['MAX_TRANSACTION_AGE']],
  [
    'denied table',
    serverError('42501', 'permission denied for table orders'),
    '42501',
    false,
    ['GRANT SELECT ON "shop"."orders" TO "airflow"'],
  ],
  [
    'denied schema',
    serverError('42501', 'permission denied for schema shop'),
    '42501',
    false,
    ['GRANT USAGE ON SCHEMA "shop" TO "airflow"'],
  ],
  [
    'row security, not English',
    serverError('42501', 'x', { routine: 'check_enable_rls' }),
    'row_security',
    false,
    ['BYPASSRLS', 'shop.orders'],
  ],
];

describe('toFailure', () => {
  test.each(cases)('%s', (_, error, code, retryable, names) => {
    const failure = toFailure(error, { connection: SETTINGS, table: 'shop.orders' });
    expect(failure).toMatchObject({ code, retryable, source: 'batch', table: 'shop.orders' });
    for (const name of names) expect(failure.message).toContain(name);
  });

  test.each(cases)('%s, with nothing known around it', (_, error, code) => {
    const failure = toFailure(error);
    expect(failure.code).toBe(code);
    expect(failure.message).not.toContain('undefined');
    expect(Object.keys(failure).sort()).toEqual(['code', 'message', 'retryable']);
  });

  test.each([undefined, null, 7, 'out of cheese', {}, new Error('')])('takes whatever was thrown: %s', (thrown) => {
    const failure = toFailure(thrown);
    expect(failure).toMatchObject({ code: 'unknown', retryable: false });
    expect(failure.message).not.toBe('');
  });

  test('copies nothing that may quote rows', () => {
    const quoting = { detail: 'Key (ssn)=(078-05-1120)', hint: '078-05-1120', where: 'COPY t, line 1: "078-05-1120"' };
    for (const error of [
      serverError('22P02', 'invalid input syntax for type integer: "078-05-1120"', quoting),
      serverError('23505', 'duplicate key', quoting),
      serverError('P0001', 'bad customer 078-05-1120', quoting),
      serverError('42501', 'permission denied for table t', quoting),
    ])
      expect(JSON.stringify(toFailure(error, { connection: SETTINGS }))).not.toContain('078-05-1120');
  });

  test('hides the password and the credentials of a URL, and stays one short line', () => {
    const error = new Error(`cannot parse postgres://airflow:s3cret@db/x or hunter2\n${'x'.repeat(2_000)}`);
    const { message } = toFailure(error, { connection: SETTINGS });
    expect(message).not.toMatch(/s3cret|hunter2|\n/);
    expect(message.length).toBeLessThanOrEqual(400);
  });
});
