import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PeerCertificate } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AttemptOutcome, checkServerIdentity, tlsAttempts, triesOtherWay } from '#src/adapters/postgres/tls.js';
import { SSL_MODES, type SslMode } from '#src/contract/connection.js';
import { SETTINGS } from '../../support/connections.js';

const PLAIN = 'plain' as const;
const TLS = { secureContext: {}, rejectUnauthorized: false, checkServerIdentity: () => undefined } as never;
const outcome = (what: Partial<AttemptOutcome>): AttemptOutcome => ({
  refusedTls: false,
  handshakeFailed: false,
  rejected: false,
  ...what,
});

describe('which way is tried after which', () => {
  const goesOn = (mode: SslMode, attempt: typeof PLAIN | typeof TLS, what: Partial<AttemptOutcome>) =>
    triesOtherWay(mode, attempt, outcome(what));

  test('allow: TLS where the server refuses plain text', () => {
    expect(goesOn('allow', PLAIN, { rejected: true })).toBe(true);
    expect(goesOn('allow', PLAIN, {})).toBe(false);
    expect(goesOn('allow', TLS, { rejected: true })).toBe(false);
  });
  test.each(['refusedTls', 'handshakeFailed', 'rejected'] as const)('prefer: plain text after %s', (what) => {
    expect(goesOn('prefer', TLS, { [what]: true })).toBe(true);
    expect(goesOn('prefer', PLAIN, { [what]: true })).toBe(false);
  });
  test('prefer: not where the network fails', () => {
    expect(goesOn('prefer', TLS, {})).toBe(false);
  });
  test.each(['require', 'verify-ca', 'verify-full'] as const)('%s: never plain text', (mode) => {
    for (const what of ['refusedTls', 'handshakeFailed', 'rejected'])
      expect(goesOn(mode, TLS, { [what]: true })).toBe(false);
  });
  test('no TLS on a Unix-domain socket, whatever the mode', () => {
    for (const sslMode of SSL_MODES)
      expect(tlsAttempts({ ...SETTINGS, sslMode, host: '/run/postgresql' })).toEqual(['plain']);
  });
});

describe('settings that cannot work', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'sentinel-tls-'));
    writeFileSync(join(folder, 'empty.pem'), 'no certificate here\n');
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const refusal = (settings: Partial<typeof SETTINGS>) => {
    try {
      tlsAttempts({ ...SETTINGS, ...settings });
    } catch (error) {
      expect(error).toMatchObject({ code: 'tls_settings', retryable: false });
      return (error as Error).message;
    }
    throw new Error('it was taken');
  };
  test.each(['verify-ca', 'verify-full'] as const)('%s without an authority', (sslMode) => {
    expect(refusal({ sslMode })).toContain('BATCH_DB_SSLROOTCERT');
  });
  test('a file that is not there', () => {
    const message = refusal({ sslMode: 'require', sslRootCert: join(folder, 'absent.pem') });
    expect(message).toMatch(/BATCH_DB_SSLROOTCERT.*absent\.pem.*no such file/);
  });
  test('a file without a certificate', () => {
    expect(refusal({ sslMode: 'verify-ca', sslRootCert: join(folder, 'empty.pem') })).toMatch(/SSLROOTCERT.*no PEM/);
  });
  test('a certificate without its key, and the other way round', () => {
    expect(refusal({ sslMode: 'require', sslCert: 'c.pem' })).toContain('BATCH_DB_SSLKEY is not set');
    expect(refusal({ sslMode: 'require', sslKey: 'k.pem' })).toContain('BATCH_DB_SSLCERT is not set');
  });
  test('public authorities without a check of the name', () => {
    expect(refusal({ sslMode: 'verify-ca', sslRootCert: 'system' })).toContain('BATCH_DB_SSLMODE=verify-full');
    expect(tlsAttempts({ ...SETTINGS, sslMode: 'verify-full', sslRootCert: 'system' })).toMatchObject([
      { rejectUnauthorized: true },
    ]);
  });
});

describe('checkServerIdentity, as libpq', () => {
  const certificate = (CN: string, subjectaltname?: string) =>
    ({ subject: { CN }, ...(subjectaltname && { subjectaltname }) }) as unknown as PeerCertificate;
  const fits = (host: string, CN: string, names?: string) =>
    checkServerIdentity(host, certificate(CN, names)) === undefined;

  test.each([
    ['db.example.com', 'other', 'DNS:db.example.com', true],
    ['db.example.com', 'other', 'DNS:*.example.com', true],
    ['a.b.example.com', 'other', 'DNS:*.example.com', false],
    ['db.example.com', 'db.example.com', undefined, true],
    ['db.example.com', 'db.example.com', 'DNS:other', false],
    ['db.example.com', 'db.example.com', 'IP Address:127.0.0.1', true],
    ['127.0.0.1', 'other', 'IP Address:127.0.0.1', true],
    ['127.0.0.1', '127.0.0.1', undefined, true],
    ['127.0.0.1', '127.0.0.1', 'DNS:other', true],
    ['127.0.0.1', '127.0.0.1', 'IP Address:10.0.0.1', false],
  ] as const)('%s with CN %s and %s: %s', (host, commonName, names, expected) => {
    expect(fits(host, commonName, names)).toBe(expected);
  });
});
