import { resolve } from 'node:path';
import { type ConnectionContext, isLoopback, placeOf } from './connections.js';
import type { Values } from './parse-variables.js';
import { readPasswordFile } from './password-file.js';
import { isReported, showValue } from './problem.js';
import { whyNoFile } from './read-text.js';
import type { VARIABLES } from './variables.js';

/** `starttls`: the connection is encrypted before anything is said, or not used. */
export type SmtpTls = 'starttls' | 'tls' | 'none';

export interface EmailSettings {
  readonly host: string;
  readonly port: number;
  readonly tls: SmtpTls;
  /** Absent: no login. */
  readonly user?: string;
  readonly password?: string;
  /** Absolute path. */
  readonly passwordFile?: string;
  /** Absolute path; absent: the authorities that Node knows. */
  readonly sslRootCert?: string;
  readonly from: string;
  readonly to: readonly string[];
}

type AlertValues = Values<Omit<typeof VARIABLES, 'SENTINEL_ENV'>>;
type Server = Pick<EmailSettings, 'host' | 'port' | 'tls' | 'user' | 'password'>;

/** How alerts are mailed; undefined where they are not, or where something is wrong, which goes to the context's problems. */
export function emailSettings(values: AlertValues, context: ConnectionContext): EmailSettings | undefined {
  const { SMTP_URL, SMTP_HOST, ALERT_EMAIL_FROM: from, ALERT_EMAIL_TO: to } = values;
  const before = context.problems.length;
  const isWrong = (...settings: readonly string[]) => settings.some((setting) => isReported(setting, context.problems));
  const problem = (setting: string, found: string, allowed: string, fix: string) => {
    if (isWrong(setting)) return; // it is set, but not as it must be
    context.problems.push({ setting, ...placeOf(context.raw.variables.get(setting)), found, allowed, fix });
  };
  if (to === undefined) {
    if (from !== undefined) problem('ALERT_EMAIL_TO', 'not set', 'who gets alerts', 'set ALERT_EMAIL_TO');
    return undefined; // SMTP_HOST in the environment may be another program's
  }
  if (from === undefined)
    problem('ALERT_EMAIL_FROM', 'not set', 'whom alerts come from', 'set ALERT_EMAIL_FROM, as ALERT_EMAIL_TO is set');
  if (SMTP_URL === undefined && SMTP_HOST === undefined) {
    if (isWrong('SMTP_URL')) return undefined;
    problem('SMTP_HOST', 'not set', 'the mail server, as ALERT_EMAIL_TO is set', 'set SMTP_HOST or SMTP_URL');
    return undefined;
  }
  const server = SMTP_URL === undefined ? serverByParts(values) : serverByUrl(values, SMTP_URL, context);
  const password = passwordOf(values, server, context);
  if (password !== undefined && server.user === undefined)
    problem('SMTP_USER', 'not set', 'the account that the password is of', 'set SMTP_USER');
  if (context.raw.environment === 'production' && server.tls === 'none' && !isLoopback(server.host))
    problem('SMTP_TLS', 'none', 'starttls or tls in production, off loopback', 'set SMTP_TLS=starttls or SMTP_TLS=tls');
  const rootCert = values.SMTP_SSLROOTCERT && resolve(context.cwd, values.SMTP_SSLROOTCERT);
  const unreadable = rootCert === undefined ? undefined : whyNoFile(rootCert);
  if (unreadable !== undefined)
    problem('SMTP_SSLROOTCERT', showValue(String(values.SMTP_SSLROOTCERT), false), 'a readable file', unreadable);
  if (context.problems.length > before || from === undefined) return undefined;
  return {
    ...server,
    ...(password !== undefined && { password }),
    ...(values.SMTP_PASSWORD_FILE !== undefined && { passwordFile: resolve(context.cwd, values.SMTP_PASSWORD_FILE) }),
    ...(rootCert !== undefined && { sslRootCert: rootCert }),
    ...{ from, to },
  };
}

function serverByParts({ SMTP_HOST, SMTP_PORT, SMTP_USER, SMTP_TLS: tls = 'starttls' }: AlertValues): Server {
  return {
    host: SMTP_HOST!,
    port: SMTP_PORT ?? defaultPort(tls),
    tls,
    ...(SMTP_USER !== undefined && { user: SMTP_USER }),
  };
}

function serverByUrl(values: AlertValues, text: string, context: ConnectionContext): Server {
  for (const name of ['SMTP_HOST', 'SMTP_PORT', 'SMTP_USER'] as const)
    if (values[name] !== undefined)
      context.problems.push({
        ...{ setting: name, ...placeOf(context.raw.variables.get(name)) },
        ...{ allowed: 'nothing beside SMTP_URL, which says it too', fix: `remove ${name} or SMTP_URL` },
      });
  const url = new URL(text);
  const tls = values.SMTP_TLS ?? (url.protocol === 'smtps:' ? 'tls' : 'starttls');
  const [user, password] = [url.username, url.password].map(decoded);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? defaultPort(tls) : Number(url.port),
    tls,
    ...(user && { user }),
    ...(password && { password }),
  };
}

function passwordOf(
  values: AlertValues,
  server: Server,
  { cwd, raw, problems }: ConnectionContext,
): string | undefined {
  const { SMTP_PASSWORD, SMTP_PASSWORD_FILE: file } = values;
  const ways = [server.password, SMTP_PASSWORD, file].filter((way) => way !== undefined);
  const setting = file === undefined ? 'SMTP_PASSWORD' : 'SMTP_PASSWORD_FILE';
  const place = placeOf(raw.variables.get(setting));
  if (ways.length > 1) {
    const fix = 'keep one of them';
    problems.push({
      setting,
      ...place,
      allowed: 'one of SMTP_PASSWORD, SMTP_PASSWORD_FILE and a password in SMTP_URL',
      fix,
    });
    return undefined;
  }
  if (file === undefined) return SMTP_PASSWORD ?? server.password;
  const read = readPasswordFile(resolve(cwd, file));
  if ('password' in read) return read.password;
  problems.push({
    setting,
    ...place,
    found: showValue(file, false),
    allowed: 'a readable file that holds the password',
    fix: read.fix,
  });
  return undefined;
}

function defaultPort(tls: SmtpTls): number {
  return tls === 'tls' ? 465 : 587;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
