import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Certificates as a small company has them, made by the openssl program. */
export interface Authority {
  /** PEM file of its own certificate. */
  readonly file: string;
  issue(name: string, options?: IssueOptions): { readonly cert: string; readonly key: string };
}

export interface IssueOptions {
  /** `subjectAltName` as openssl writes it: `DNS:localhost,IP:127.0.0.1`. None when absent. */
  readonly names?: string;
  /** Common name; the certificate's own name when absent. */
  readonly commonName?: string;
  /** Valid from and until, `YYYYMMDDHHMMSSZ`; from now on for ten years when absent. */
  readonly valid?: { readonly from: string; readonly until: string };
}

export function opensslIsHere(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** A certificate authority with its files in `folder`. */
export function createAuthority(folder: string, name: string): Authority {
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const file = join(folder, `${name}.crt`);
  const key = newKey(openssl, folder, name);
  openssl('req', '-x509', '-new', '-key', key, '-subj', `/CN=${name}`, '-days', '3650', '-out', file);
  // `openssl ca`, unlike `openssl x509`, can date a certificate back; it keeps a list of what it issued.
  writeFileSync(join(folder, `${name}.issued`), '');
  writeFileSync(join(folder, `${name}.issued.attr`), 'unique_subject = no\n');
  const config = (extensions: string) => `[ca]
default_ca = it
[it]
database = ${join(folder, `${name}.issued`)}
new_certs_dir = ${folder}
certificate = ${file}
private_key = ${key}
default_md = sha256
rand_serial = yes
policy = any
[any]
commonName = supplied
[with]
${extensions}
`;
  return {
    file,
    issue(certificate, { names, commonName = certificate, valid } = {}) {
      const cert = join(folder, `${certificate}.crt`);
      const request = join(folder, `${certificate}.csr`);
      const settings = join(folder, `${certificate}.cnf`);
      const own = newKey(openssl, folder, certificate);
      writeFileSync(settings, config(names ? `subjectAltName = ${names}` : 'basicConstraints = CA:FALSE'));
      openssl('req', '-new', '-key', own, '-subj', `/CN=${commonName}`, '-out', request);
      const dates = valid ? ['-startdate', valid.from, '-enddate', valid.until] : ['-days', '3650'];
      openssl(
        'ca',
        '-batch',
        '-notext',
        '-config',
        settings,
        '-extensions',
        'with',
        ...dates,
        '-in',
        request,
        '-out',
        cert,
      );
      return { cert, key: own };
    },
  };
}

function newKey(openssl: (...args: string[]) => unknown, folder: string, name: string): string {
  const key = join(folder, `${name}.key`);
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', key);
  return key;
}
