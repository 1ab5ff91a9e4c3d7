import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import {
  createSecureContext,
  checkServerIdentity as nodeIdentity,
  type PeerCertificate,
  type SecureContext,
} from 'node:tls';
import type { ConnectionSettings, SslMode } from '#src/contract/connection.js';
import { SourceError } from './source-error.js';
import { systemRoots } from './system-roots.js';

/**
 * libpq's `sslmode`, after `fe-connect.c` and `fe-secure-openssl.c` of PostgreSQL 17. node-postgres knows only on and
 * off (and reads every mode of a URL as `verify-full`), so it is given ready TLS options, one per attempt. One
 * departure: a root certificate file that is named but cannot be read is a failure in every mode, where libpq would
 * go on without checking.
 */

export interface TlsOptions {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly checkServerIdentity: (host: string, certificate: PeerCertificate) => Error | undefined;
}

/** How one attempt to connect speaks: in plain text, or through TLS. */
export type TlsAttempt = 'plain' | TlsOptions;

/** How far an attempt got, and what ended it. */
export interface AttemptOutcome {
  /** The server answered a request for TLS with "no". */
  readonly refusedTls: boolean;
  /** The TLS handshake began and did not complete. */
  readonly handshakeFailed: boolean;
  /** The server refused by an error message before authentication was complete. */
  readonly rejected: boolean;
}

/** The ways to try, in order. Reads the certificate files now, so renewed ones are used. Throws SourceError `tls_settings`. */
export function tlsAttempts(settings: ConnectionSettings): readonly [TlsAttempt, ...TlsAttempt[]] {
  // As in libpq, sslmode means nothing on a Unix-domain socket.
  if (settings.sslMode === 'disable' || settings.host.startsWith('/')) return ['plain'];
  const tls = tlsOptions(settings);
  if (settings.sslMode === 'allow') return ['plain', tls];
  if (settings.sslMode === 'prefer') return [tls, 'plain'];
  return [tls];
}

/** Whether libpq would go on to the other way after this outcome. */
export function triesOtherWay(mode: SslMode, attempt: TlsAttempt, outcome: AttemptOutcome): boolean {
  if (mode === 'allow') return attempt === 'plain' && outcome.rejected;
  if (mode === 'prefer')
    return attempt !== 'plain' && (outcome.refusedTls || outcome.handshakeFailed || outcome.rejected);
  return false;
}

/** TLS options of a mode that may use TLS. */
export function tlsOptions(settings: ConnectionSettings): TlsOptions {
  const { sslMode, sslRootCert, sslCert, sslKey, envPrefix } = settings;
  const verifies = sslMode === 'verify-ca' || sslMode === 'verify-full';
  if (verifies && sslRootCert === undefined)
    throw settingsError(
      `${envPrefix}_SSLMODE=${sslMode} needs the certificate authority to check the server against; set ` +
        `${envPrefix}_SSLROOTCERT to its file${sslMode === 'verify-full' ? ', or to "system"' : ''}`,
    );
  if (sslRootCert === 'system' && sslMode !== 'verify-full')
    throw settingsError(
      `${envPrefix}_SSLROOTCERT=system needs ${envPrefix}_SSLMODE=verify-full: with public authorities and no check of ` +
        'the host name any certificate would do',
    );
  if ((sslCert === undefined) !== (sslKey === undefined))
    throw settingsError(
      `${envPrefix}_SSLCERT and ${envPrefix}_SSLKEY belong together; ${envPrefix}_${sslCert === undefined ? 'SSLCERT' : 'SSLKEY'} is not set`,
    );
  return {
    secureContext: secureContext(settings),
    // A root certificate is checked against in every mode that uses TLS: with one, `require` is `verify-ca`.
    rejectUnauthorized: sslRootCert !== undefined,
    checkServerIdentity: sslMode === 'verify-full' ? checkServerIdentity : () => undefined,
  };
}

function secureContext(settings: ConnectionSettings): SecureContext {
  const { envPrefix, sslRootCert, sslCert, sslKey } = settings;
  const ca =
    sslRootCert === undefined
      ? undefined
      : sslRootCert === 'system'
        ? readSystemRoots(`${envPrefix}_SSLROOTCERT`)
        : readPem(sslRootCert, `${envPrefix}_SSLROOTCERT`);
  const cert = sslCert === undefined ? undefined : readPem(sslCert, `${envPrefix}_SSLCERT`);
  const key = sslKey === undefined ? undefined : readPem(sslKey, `${envPrefix}_SSLKEY`);
  // Node takes a file without any certificate in it and then trusts nobody: say so where the cause is.
  if (typeof ca === 'string' && !ca.includes('-----BEGIN '))
    throw settingsError(`${envPrefix}_SSLROOTCERT: "${sslRootCert}" holds no PEM certificate`);
  try {
    return createSecureContext({ ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) });
  } catch (error) {
    const named =
      cert === undefined
        ? `${envPrefix}_SSLROOTCERT`
        : `${envPrefix}_SSLROOTCERT, ${envPrefix}_SSLCERT and ${envPrefix}_SSLKEY`;
    throw settingsError(`the files of ${named} cannot be used: ${opensslReason(error)}`, error);
  }
}

function readSystemRoots(variable: string): string | string[] | undefined {
  try {
    return systemRoots();
  } catch (error) {
    const message = `${variable}=system: SSL_CERT_FILE="${process.env.SSL_CERT_FILE}" cannot be read; correct or unset it`;
    throw settingsError(message, error);
  }
}

function readPem(path: string, variable: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : 'it cannot be read';
    throw settingsError(`${variable}: "${path}": ${why}; name a readable PEM file`, error);
  }
}

function opensslReason(error: unknown): string {
  const { code, reason } = error as { code?: string; reason?: string };
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return 'the key is not the key of the certificate';
  if (code === 'ERR_OSSL_CRYPTO_INTERRUPTED_OR_CANCELLED' || code === 'ERR_OSSL_BAD_DECRYPT')
    return 'the key is protected by a passphrase; use one without';
  return reason ?? 'they are not in PEM format';
}

function settingsError(message: string, cause?: unknown): SourceError {
  return new SourceError('tls_settings', message, false, { cause });
}

/**
 * libpq's host check: subject alternative names of the host's kind (name or address) decide where there are any;
 * otherwise the common name may match, an address too. Node's own check never lets an address match the common name.
 */
export function checkServerIdentity(host: string, certificate: PeerCertificate): Error | undefined {
  const mismatch = nodeIdentity(host, certificate);
  if (!mismatch) return undefined;
  const names = certificate.subjectaltname ?? '';
  const address = isIP(host) !== 0;
  if (names.includes(address ? 'IP Address:' : 'DNS:')) return mismatch;
  if (address) return certificate.subject?.CN === host ? undefined : mismatch;
  const { subjectaltname: _, ...commonNameOnly } = certificate;
  return nodeIdentity(host, commonNameOnly as PeerCertificate);
}
