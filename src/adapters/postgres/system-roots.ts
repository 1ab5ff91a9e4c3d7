import { existsSync, readFileSync } from 'node:fs';
import * as tls from 'node:tls';

/** Where systems keep their bundle: Debian and Alpine, Fedora and RHEL, openSUSE, macOS and BSD. */
const BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/**
 * Certificate authorities that this machine trusts, in PEM, as libpq has them: the file that SSL_CERT_FILE names, or the system's own.
 * Node knows those from 22.15 on, and before only a list of its own, in which a company's authority is not; undefined means that list.
 */
export function systemRoots(): string | string[] | undefined {
  const named = process.env.SSL_CERT_FILE;
  if (named) return readFileSync(named, 'utf8');
  const { getCACertificates } = tls as { getCACertificates?: (type: 'system') => string[] };
  const known = getCACertificates?.('system') ?? [];
  if (known.length > 0) return known;
  const bundle = BUNDLES.find((path) => existsSync(path));
  return bundle === undefined ? undefined : readFileSync(bundle, 'utf8');
}
