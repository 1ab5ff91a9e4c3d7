import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

export const SESSION_COOKIE = 'sentinel_session';
const LIFETIME_MS = 12 * 3_600_000;

/** Equal or not, in a time that says nothing of where they differ. */
export function sameSecret(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(one), digest(other));
}

/**
 * A cookie that stands for the token in a browser, until it is too old or the token is another one. It needs no memory: a daemon that
 * takes over, or starts again, knows it. `name` is what the person calls themselves.
 */
export function sessionCookie(token: string, name: string, now: number, secure: boolean): string {
  const content = `${now + LIFETIME_MS}.${Buffer.from(name, 'utf8').toString('base64url')}`;
  const value = `${content}.${signature(token, content)}`;
  return `${SESSION_COOKIE}=${value}; Path=/; Max-Age=${LIFETIME_MS / 1000}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
}

/** What makes a browser forget it. */
export const NO_SESSION_COOKIE = `${SESSION_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`;

/** The name in a `Cookie` header's session; null where it holds none that is good. */
export function sessionName(header: string | undefined, token: string, now: number): string | null {
  for (const pair of (header ?? '').split(';')) {
    const [, value] = new RegExp(`^\\s*${SESSION_COOKIE}=([A-Za-z0-9_.-]+)\\s*$`).exec(pair) ?? [];
    const [expires = '', name = '', signed = ''] = (value ?? '').split('.');
    if (value === undefined || !sameSecret(signed, signature(token, `${expires}.${name}`))) continue;
    if (Number(expires) > now) return Buffer.from(name, 'base64url').toString('utf8');
  }
  return null;
}

function signature(token: string, content: string): string {
  const key = createHmac('sha256', token).update('sentinel session').digest();
  return createHmac('sha256', key).update(content).digest('base64url');
}
