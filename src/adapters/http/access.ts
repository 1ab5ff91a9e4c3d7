import type { IncomingHttpHeaders } from 'node:http';
import type { HttpSettings } from '#src/config/config.js';
import { isLoopback } from '#src/config/connections.js';
import { Refusal } from './ports.js';
import { sameSecret, sessionName } from './session-cookie.js';

/** What a script sends with a change where it has no token to send: a page of another site cannot, without asking first. */
export const CHANGE_HEADER = 'x-sentinel-request';

/** How somebody showed that they may come in; `name` is what they call themselves, if they do. */
export interface Caller {
  readonly by: 'token' | 'cookie' | 'loopback';
  readonly name: string | null;
}

/** Who asks; null where there is a token and they have not shown it. */
export function callerOf(headers: IncomingHttpHeaders, { token }: HttpSettings, now: number): Caller | null {
  if (token === undefined) return { by: 'loopback', name: null };
  const [, bearer] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
  if (bearer !== undefined) return sameSecret(bearer, token) ? { by: 'token', name: null } : null;
  const name = sessionName(headers.cookie, token, now);
  return name === null ? null : { by: 'cookie', name: name === '' ? null : name };
}

/**
 * Throws where the `Host` is none of ours: a name that somebody else's DNS makes point here (rebinding) would let their page read
 * what a browser on this machine may see.
 */
export function checkHost(host: string | undefined, { host: bound, allowedHosts }: HttpSettings): void {
  const name = hostNameOf(host ?? '');
  const known = isLoopback(name) || (allowedHosts?.includes(name) ?? !isLoopback(bound));
  if (!known)
    throw new Refusal(
      421,
      'unknown_host',
      'this daemon does not answer to that name; ask it by its address, or add the name to HTTP_ALLOWED_HOSTS',
    );
}

/**
 * Throws where a change may come from a page of another site: a browser sends cookies, and reaches loopback, for whoever asks. Only a
 * token that the caller sent themselves is beyond doubt.
 */
export function checkOrigin(headers: IncomingHttpHeaders): void {
  const { origin, host } = headers;
  const site = headers['sec-fetch-site'];
  const fromElsewhere = site !== undefined && site !== 'same-origin' && site !== 'none';
  const own = origin === undefined ? headers[CHANGE_HEADER] !== undefined : sameHost(origin, host);
  if (fromElsewhere || !own)
    throw new Refusal(
      403,
      'cross_site',
      `a change must come from the daemon's own page, or with the header ${CHANGE_HEADER}: 1, or with a bearer token`,
    );
}

function sameHost(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}

/** `[::1]:8787` → `::1`. */
function hostNameOf(host: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\]|([^:]*))(?::\d*)?$/.exec(host) ?? [];
  return (bracketed ?? plain ?? '').toLowerCase().replace(/\.$/, '');
}
