import { chmodSync, chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type EmbeddedServer, startEmbeddedServer } from '#src/adapters/embedded/server.js';
import { serverAnswers } from '#src/adapters/postgres/cancel.js';
import { cancelQuery, connect } from '#src/adapters/postgres/connect.js';
import { toFailure } from '#src/adapters/postgres/failure.js';
import type { ConnectionSettings, SslMode } from '#src/contract/connection.js';
import { type Authority, createAuthority, opensslIsHere } from '../support/certificates.js';
import { GUARDS, rejection, untilSleeping } from '../support/connections.js';
import { TEST_PACKAGE } from '../support/start-server.js';

type ServerName = 'plain' | 'tls' | 'expired';

describe.skipIf(!opensslIsHere())('TLS modes, as libpq has them', () => {
  let folder: string;
  let authority: Authority;
  let stranger: Authority;
  let clientFiles: { cert: string; key: string };
  const servers = new Map<ServerName, EmbeddedServer>();

  beforeAll(async () => {
    folder = mkdtempSync('/var/tmp/sentinel-tls-');
    chmodSync(folder, 0o755);
    authority = createAuthority(folder, 'authority');
    stranger = createAuthority(folder, 'stranger');
    clientFiles = authority.issue('client', { commonName: 'bycert' });
    // The certificate names 127.0.0.1 and not "localhost", so that both answers of a host check are at hand.
    const good = authority.issue('server', { names: 'IP:127.0.0.1,DNS:db.example.com' });
    const expired = authority.issue('expired', {
      names: 'IP:127.0.0.1',
      valid: { from: '20200101000000Z', until: '20200201000000Z' },
    });
    await Promise.all([start('plain'), start('tls', good), start('expired', expired)]);
    const admin = await connect(settings('tls', 'require'), GUARDS, 'sentinel/test');
    await admin.query(
      `CREATE ROLE onlytls LOGIN PASSWORD 'pw'; CREATE ROLE onlyplain LOGIN PASSWORD 'pw'; CREATE ROLE bycert LOGIN`,
    );
    await admin.end();
  });

  afterAll(async () => {
    await Promise.all([...servers.values()].map((server) => server.stop('immediate')));
    rmSync(folder, { recursive: true, force: true });
  });

  async function start(name: ServerName, certificate?: { cert: string; key: string }): Promise<void> {
    const dataDir = join(folder, name);
    const common = { ...TEST_PACKAGE, dataDir, user: 'postgres', password: 'pw', parameters: { fsync: 'off' } };
    const server = await startEmbeddedServer(common);
    if (!certificate) return void servers.set(name, server);
    // The server reads its key as its own account, and only from a file nobody else can read.
    const own = { cert: `${dataDir}/server.crt`, key: `${dataDir}/server.key`, ca: `${dataDir}/root.crt` };
    copyFileSync(certificate.cert, own.cert);
    copyFileSync(certificate.key, own.key);
    copyFileSync(authority.file, own.ca);
    chmodSync(own.key, 0o600);
    const { account } = server.binaries;
    for (const file of Object.values(own)) if (account) chownSync(file, account.uid, account.gid);
    writeFileSync(
      join(dataDir, 'pg_hba.conf'),
      [
        'hostssl all onlytls all scram-sha-256',
        'hostssl all bycert all cert',
        'hostnossl all onlyplain all scram-sha-256',
        'host all postgres all scram-sha-256',
        '',
      ].join('\n'),
    );
    await server.stop();
    const parameters = {
      ...common.parameters,
      ssl: 'on',
      ssl_cert_file: own.cert,
      ssl_key_file: own.key,
      ssl_ca_file: own.ca,
    };
    servers.set(name, await startEmbeddedServer({ ...common, parameters }));
  }

  function settings(
    server: ServerName,
    sslMode: SslMode,
    changes: Partial<ConnectionSettings> = {},
  ): ConnectionSettings {
    const { port } = servers.get(server)!;
    return {
      name: 'batch',
      envPrefix: 'BATCH_DB',
      host: '127.0.0.1',
      port,
      database: 'postgres',
      user: 'postgres',
      password: 'pw',
      sslMode,
      ...changes,
    };
  }

  /** `tls`, `plain`, or the code of the failure. */
  async function outcome(
    server: ServerName,
    sslMode: SslMode,
    changes: Partial<ConnectionSettings> = {},
  ): Promise<string> {
    const asked = settings(server, sslMode, changes);
    try {
      const client = await connect(asked, GUARDS, 'sentinel/test');
      const { rows } = await client.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      await client.end();
      return rows[0]?.ssl ? 'tls' : 'plain';
    } catch (error) {
      const failure = toFailure(error, { connection: asked });
      expect(failure.message).toMatch(/BATCH_DB_|pg_hba/);
      return failure.code;
    }
  }

  const ca = () => ({ sslRootCert: authority.file });
  const wrongCa = () => ({ sslRootCert: stranger.file });

  test.each<[SslMode, string, string]>([
    ['disable', 'plain', 'plain'],
    ['allow', 'plain', 'plain'],
    ['prefer', 'plain', 'tls'],
    ['require', 'tls_refused', 'tls'],
    ['verify-ca', 'tls_settings', 'tls_settings'],
    ['verify-full', 'tls_settings', 'tls_settings'],
  ])('%s without a root certificate', async (mode, withoutTls, withTls) => {
    expect(await outcome('plain', mode)).toBe(withoutTls);
    expect(await outcome('tls', mode)).toBe(withTls);
  });

  test.each<[SslMode, string, string]>([
    ['disable', 'plain', 'plain'],
    ['allow', 'plain', 'plain'],
    ['prefer', 'plain', 'tls'],
    ['require', 'tls_refused', 'tls'],
    ['verify-ca', 'tls_refused', 'tls'],
    ['verify-full', 'tls_refused', 'tls'],
  ])('%s with the right authority', async (mode, withoutTls, withTls) => {
    expect(await outcome('plain', mode, ca())).toBe(withoutTls);
    expect(await outcome('tls', mode, ca())).toBe(withTls);
  });

  test.each<[SslMode, string | RegExp]>([
    ['disable', 'plain'],
    ['allow', 'plain'],
    // libpq checks against a root certificate in every mode, and `prefer` then goes on in plain text.
    ['prefer', 'plain'],
    ['require', /CERT|LEAF/],
    ['verify-ca', /CERT|LEAF/],
    ['verify-full', /CERT|LEAF/],
  ])('%s with the wrong authority', async (mode, expected) => {
    expect(await outcome('tls', mode, wrongCa())).toMatch(expected);
  });

  test.each<[SslMode, string]>([
    ['disable', 'plain'],
    ['allow', 'plain'],
    ['prefer', 'tls'],
    ['require', 'tls'],
    ['verify-ca', 'tls'],
    ['verify-full', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ])('%s with a certificate for another name', async (mode, expected) => {
    expect(await outcome('tls', mode, { host: 'localhost', ...ca() })).toBe(expected);
  });

  test.each<[SslMode, string]>([
    ['disable', 'plain'],
    ['allow', 'plain'],
    ['prefer', 'plain'],
    ['require', 'CERT_HAS_EXPIRED'],
    ['verify-ca', 'CERT_HAS_EXPIRED'],
    ['verify-full', 'CERT_HAS_EXPIRED'],
  ])('%s with an expired certificate', async (mode, expected) => {
    expect(await outcome('expired', mode, ca())).toBe(expected);
    expect(await outcome('expired', 'require')).toBe('tls');
  });

  test('of the authorities of the machine one that it does not know is refused, and one that it knows is not', async () => {
    const system = { sslRootCert: 'system' };
    expect(await outcome('tls', 'verify-full', system)).toMatch(/CERT|LEAF/);
    onTestFinished(() => {
      delete process.env.SSL_CERT_FILE;
    });
    process.env.SSL_CERT_FILE = authority.file;
    expect(await outcome('tls', 'verify-full', system)).toBe('tls');
    expect(await outcome('tls', 'verify-full', { ...system, host: 'localhost' })).toBe('ERR_TLS_CERT_ALTNAME_INVALID');
    process.env.SSL_CERT_FILE = join(folder, 'nowhere.crt');
    expect(await outcome('tls', 'verify-full', system)).toBe('tls_settings');
  });

  test.each<[SslMode, string, string]>([
    ['disable', '28000', 'plain'],
    ['allow', 'tls', 'plain'],
    ['prefer', 'tls', 'plain'],
    ['require', 'tls', '28000'],
  ])('%s where the server lets a role in one way only', async (mode, onlyTls, onlyPlain) => {
    expect(await outcome('tls', mode, { user: 'onlytls' })).toBe(onlyTls);
    expect(await outcome('tls', mode, { user: 'onlyplain' })).toBe(onlyPlain);
  });

  test.each<SslMode>(['allow', 'prefer'])('%s: of two refusals the wrong password is the one told', async (mode) => {
    expect(await outcome('tls', mode, { user: 'onlytls', password: 'wrong' })).toBe('28P01');
    expect(await outcome('tls', mode, { user: 'onlyplain', password: 'wrong' })).toBe('28P01');
  });

  test('a client certificate logs in where the server asks for one', async () => {
    const { password: _, ...asked } = settings('tls', 'verify-full', { user: 'bycert', ...ca() });
    const refused = await rejection(connect(asked, GUARDS, 'sentinel/test'));
    expect(toFailure(refused, { connection: asked }).message).toContain('BATCH_DB_SSLCERT');
    const client = await connect(
      { ...asked, sslCert: clientFiles.cert, sslKey: clientFiles.key },
      GUARDS,
      'sentinel/test',
    );
    await client.end();
  });

  test('a key that belongs to another certificate is named', async () => {
    const files = { sslCert: clientFiles.cert, sslKey: join(folder, 'server.key') };
    const refused = await rejection(connect(settings('tls', 'require', files), GUARDS, 'sentinel/test'));
    expect(toFailure(refused)).toMatchObject({
      code: 'tls_settings',
      message: expect.stringContaining('not the key of the certificate'),
    });
  });

  test('a renewed authority file is used by the next connection', async () => {
    const file = join(folder, 'renewed.crt');
    copyFileSync(stranger.file, file);
    expect(await outcome('tls', 'verify-ca', { sslRootCert: file })).not.toBe('tls');
    copyFileSync(authority.file, file);
    expect(await outcome('tls', 'verify-ca', { sslRootCert: file })).toBe('tls');
  });

  test('a statement on a TLS connection is cancelled through TLS', async () => {
    const asked = settings('tls', 'verify-full', ca());
    const client = await connect(asked, GUARDS, 'sentinel/test');
    onTestFinished(() => client.end());
    const watcher = await connect(asked, GUARDS, 'sentinel/test');
    onTestFinished(() => watcher.end());
    const cancelled = rejection(client.query('SELECT pg_sleep(3600)'));
    await untilSleeping(watcher, (client as unknown as { processID: number }).processID);
    expect(await cancelQuery(client, { ...asked, ...wrongCa() }, 5_000)).toBe(false);
    expect(await cancelQuery(client, asked, 5_000)).toBe(true);
    expect((await cancelled).code).toBe('57014');
  });

  test.each(['require', 'disable'] as const)(
    'with %s a silent server is asked for a sign of life, unnoticed',
    async (mode) => {
      const asked = settings('tls', mode);
      const client = await connect(asked, GUARDS, 'sentinel/test');
      onTestFinished(() => client.end());
      const log = () => readFileSync(join(servers.get('tls')!.dataDir, 'server.log'), 'utf8');
      const before = log().length;
      expect(await serverAnswers(client, asked, 5_000)).toBe(true);
      await client.query('SELECT 1');
      expect(log().slice(before)).not.toMatch(/EOF detected|incomplete/);
    },
  );
});
