import { printable } from '#src/core/checks/sentence.js';

/** Where something was sent, and what a person sets for that. */
export interface Receiver {
  /** As messages name it: `https://host:port`. */
  readonly at: string;
  /** Host and port alone. */
  readonly host: string;
  /** Variables that hold the address. */
  readonly setting: string;
  /** The variable that names a file of authorities. */
  readonly authorities: string;
  /** What to do where the receiver does not speak TLS. */
  readonly withoutTls: string;
}

/** OpenSSL's words for an answer that is no TLS. */
const NO_TLS = new Set(['wrong version number', 'packet length too long', 'http request', 'unknown protocol']);

/** Why a receiver was not reached, in one line that names what to correct; null where that is none of the common reasons. */
export function whyUnreached(code: string, message: string, receiver: Receiver): string | null {
  const { at, setting } = receiver;
  if (code === 'ECONNREFUSED') return `nothing listens at ${at}; check ${setting}, and that the receiver runs`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EDNS')
    return `the name of ${at} is not found (${code}); check ${setting}`;
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return `there is no way to ${at} from this machine (${code}); check ${setting}, and the network`;
  return whyNoTls(code, message, receiver);
}

/** OpenSSL's own lines name its source files and end in a line break. */
function whyNoTls(code: string, message: string, { host, setting, authorities, withoutTls }: Receiver): string | null {
  const [, reason = ''] = /:SSL routines:[^:]*:([^:]+)/.exec(message) ?? [];
  if (NO_TLS.has(reason)) return `the receiver at ${host} does not speak TLS there; ${withoutTls}`;
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return `the certificate of ${host} is signed by an authority that is not trusted; set ${authorities} to the file of its authority's certificate`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate of ${host} is for another name; set ${setting} to a name in the certificate`;
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${host}, or of its authority, has expired; have it renewed`;
    case 'CERT_NOT_YET_VALID':
      return `the certificate of ${host} is not valid yet; check the clocks of both machines`;
  }
  if (reason === '' && !/^(ERR_SSL_|ERR_TLS_|EPROTO)|CERT/.test(code)) return null;
  return `TLS with ${host} failed (${printable(reason === '' ? code : reason)}); check ${setting}, and what TLS the receiver wants`;
}
