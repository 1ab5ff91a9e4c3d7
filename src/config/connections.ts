import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import type { ConnectionSettings, SslMode } from '#src/contract/connection.js';
import type { RawEnvironment, RawVariable } from './load-env.js';
import { parseVariables, type Values } from './parse-variables.js';
import { readPasswordFile } from './password-file.js';
import { type Problem, showValue } from './problem.js';
import { whyNoFile } from './read-text.js';
import { connectionVariables, envPrefix, metadataVariables, sourceDefaults } from './variables.js';

/** What building a connection needs: where values come from, where relative paths start, where problems go. */
export interface ConnectionContext {
  readonly cwd: string;
  readonly raw: RawEnvironment;
  readonly problems: Problem[];
}

type SourceValues = Values<ReturnType<typeof connectionVariables>>;
type MetadataValues = Values<ReturnType<typeof metadataVariables>>;

/** The connection of one source; undefined where one of its variables is wrong. */
export function sourceConnection(source: string, context: ConnectionContext): ConnectionSettings | undefined {
  const before = context.problems.length;
  const prefix = envPrefix(source);
  const variables = connectionVariables(sourceDefaults(source), `source ${source}`);
  const values = parseVariables(variables, context.raw.variables, `${prefix}_`, context.problems);
  return finish(source, prefix, values, before, context);
}

/**
 * The connection of the metadata store. Another server (METADATA_DB_HOST or _PORT set) takes nothing from the batch
 * warehouse but the host; on the same server whatever is unset is the batch warehouse's, its password only together with its
 * role.
 */
export function metadataConnection(
  base: ConnectionSettings | undefined,
  context: ConnectionContext,
): ConnectionSettings | undefined {
  const before = context.problems.length;
  const prefix = 'METADATA_DB';
  const values = parseVariables(metadataVariables(), context.raw.variables, `${prefix}_`, context.problems);
  if (context.problems.length > before || base === undefined) return undefined;
  const isSet = Object.values(values).some((value) => value !== undefined);
  if (!isSet) return { ...base, name: 'metadata' };
  const isElsewhere = values.HOST !== undefined || values.PORT !== undefined;
  const complete = isElsewhere ? ofOtherServer(values, base, context.problems) : ofSameServer(values, base);
  return finish('metadata', prefix, complete, before, context);
}

function ofOtherServer(values: MetadataValues, base: ConnectionSettings, problems: Problem[]): SourceValues {
  for (const key of ['NAME', 'USER'] as const) {
    if (values[key] !== undefined) continue;
    const what = key === 'NAME' ? 'the name of a database' : 'the name of a role';
    const fix = `set METADATA_DB_${key}: another server than the batch warehouse's was named`;
    problems.push({ setting: `METADATA_DB_${key}`, found: 'not set', allowed: what, fix });
  }
  const { HOST = base.host, PORT = 5432, NAME = '', USER = '', SSLMODE = 'prefer' } = values;
  return { ...values, HOST, PORT, NAME, USER, SSLMODE };
}

function ofSameServer(values: MetadataValues, base: ConnectionSettings): SourceValues {
  const isSameRole = values.USER === undefined || values.USER === base.user;
  const isOwnPassword = values.PASSWORD !== undefined || values.PASSWORD_FILE !== undefined;
  const lendsFile = !isOwnPassword && isSameRole && base.passwordFile !== undefined;
  return {
    HOST: base.host,
    PORT: base.port,
    NAME: values.NAME ?? base.database,
    USER: values.USER ?? base.user,
    PASSWORD: isOwnPassword || lendsFile || !isSameRole ? values.PASSWORD : base.password,
    PASSWORD_FILE: lendsFile ? base.passwordFile : values.PASSWORD_FILE,
    SSLMODE: values.SSLMODE ?? base.sslMode,
    SSLROOTCERT: values.SSLROOTCERT ?? base.sslRootCert,
    // A client certificate names a role, so it is not lent to another one.
    SSLCERT: values.SSLCERT ?? (isSameRole ? base.sslCert : undefined),
    SSLKEY: values.SSLKEY ?? (isSameRole ? base.sslKey : undefined),
  };
}

function finish(
  name: string,
  prefix: string,
  values: SourceValues,
  before: number,
  context: ConnectionContext,
): ConnectionSettings | undefined {
  const password = readPassword(prefix, values, context);
  const files = checkTls(prefix, values, context);
  if (context.problems.length > before) return undefined;
  const { HOST, PORT, NAME, USER, SSLMODE } = values;
  const connection: ConnectionSettings = {
    name,
    envPrefix: prefix,
    host: HOST,
    port: PORT,
    database: NAME,
    user: USER,
    ...(password !== undefined && { password }),
    ...(values.PASSWORD_FILE !== undefined && { passwordFile: resolve(context.cwd, values.PASSWORD_FILE) }),
    sslMode: SSLMODE,
    ...files,
  };
  if (context.raw.environment === 'production') checkProduction(connection, context);
  return context.problems.length > before ? undefined : connection;
}

function readPassword(
  prefix: string,
  values: SourceValues,
  { cwd, raw, problems }: ConnectionContext,
): string | undefined {
  if (values.PASSWORD_FILE === undefined) return values.PASSWORD;
  const setting = `${prefix}_PASSWORD_FILE`;
  const place = placeOf(raw.variables.get(setting));
  if (values.PASSWORD !== undefined) {
    const fix = `remove ${prefix}_PASSWORD or ${setting}`;
    problems.push({ setting, ...place, allowed: `one of ${prefix}_PASSWORD and ${setting}`, fix });
    return undefined;
  }
  const found = showValue(values.PASSWORD_FILE, false);
  const allowed = 'a readable file that holds the password';
  const read = readPasswordFile(resolve(cwd, values.PASSWORD_FILE));
  if ('password' in read) return read.password;
  problems.push({ setting, ...place, found, allowed, fix: read.fix });
  return undefined;
}

type TlsFiles = Pick<ConnectionSettings, 'sslRootCert' | 'sslCert' | 'sslKey'>;

/** libpq's word for the authorities that the system trusts, in place of a file. */
const SYSTEM_ROOTS = 'system';

/** Absolute paths of the TLS files that this mode uses, each readable; `disable` uses none. */
function checkTls(prefix: string, values: SourceValues, { cwd, raw, problems }: ConnectionContext): TlsFiles {
  const { HOST, SSLMODE, SSLROOTCERT, SSLCERT, SSLKEY } = values;
  // As in libpq, sslmode means nothing on a Unix socket.
  if (SSLMODE === 'disable' || SSLMODE === undefined || HOST?.startsWith('/')) return {};
  const place = (key: string) => placeOf(raw.variables.get(`${prefix}_${key}`));
  const readable = (key: string, path: string | undefined): string | undefined => {
    if (path === undefined) return undefined;
    const absolute = resolve(cwd, path);
    const fix = whyNoFile(absolute);
    const found = showValue(path, false);
    const setting = `${prefix}_${key}`;
    if (fix !== undefined) problems.push({ setting, ...place(key), found, allowed: 'a readable file', fix });
    return absolute;
  };
  if (isVerifying(SSLMODE) && SSLROOTCERT === undefined) {
    const setting = `${prefix}_SSLROOTCERT`;
    const fix = `set ${setting}, or ${prefix}_SSLMODE=require to encrypt without checking the server`;
    problems.push({
      setting,
      found: 'not set',
      allowed: `a file of certificate authorities (${SSLMODE} needs one)`,
      fix,
    });
  }
  const isSystem = SSLROOTCERT === SYSTEM_ROOTS;
  if (isSystem && SSLMODE !== 'verify-full') {
    const fix = `set ${prefix}_SSLMODE=verify-full: with public authorities and no check of the host any certificate would do`;
    const setting = `${prefix}_SSLROOTCERT`;
    problems.push({ setting, ...place('SSLROOTCERT'), found: 'system', allowed: 'system with verify-full only', fix });
  }
  if ((SSLCERT === undefined) !== (SSLKEY === undefined)) {
    const [set, missing] = SSLCERT === undefined ? ['SSLKEY', 'SSLCERT'] : ['SSLCERT', 'SSLKEY'];
    const setting = `${prefix}_${missing}`;
    const fix = `set ${setting}, or remove ${prefix}_${set}`;
    problems.push({ setting, found: 'not set', allowed: 'a client certificate together with its key', fix });
  }
  const sslRootCert = isSystem ? SYSTEM_ROOTS : readable('SSLROOTCERT', SSLROOTCERT);
  const sslCert = readable('SSLCERT', SSLCERT);
  const sslKey = readable('SSLKEY', SSLKEY);
  return { ...(sslRootCert && { sslRootCert }), ...(sslCert && { sslCert }), ...(sslKey && { sslKey }) };
}

function isVerifying(mode: SslMode): boolean {
  return mode === 'verify-ca' || mode === 'verify-full';
}

/** Passwords from documentation, images and tutorials. */
const DEFAULT_PASSWORDS = new Set(
  'postgres password passw0rd airflow admin root secret changeme change_me example test sentinel warehouse 123456 12345678'.split(
    ' ',
  ),
);

function checkProduction(connection: ConnectionSettings, { raw, problems }: ConnectionContext): void {
  const { envPrefix: prefix, password, user, host, sslMode, sslCert } = connection;
  const isDefault = password !== undefined && (DEFAULT_PASSWORDS.has(password.toLowerCase()) || password === user);
  if (isDefault || (password === undefined && sslCert === undefined)) {
    const setting = `${prefix}_PASSWORD`;
    problems.push({
      setting,
      ...placeOf(raw.variables.get(setting)),
      found: isDefault ? 'a default password' : 'no password',
      allowed: 'a password of its own, or a client certificate (SENTINEL_ENV is production)',
      fix: `set ${setting} or ${setting}_FILE`,
    });
  }
  if (isLoopback(host) || !['disable', 'allow', 'prefer'].includes(sslMode)) return;
  const setting = `${prefix}_SSLMODE`;
  problems.push({
    setting,
    ...placeOf(raw.variables.get(setting)),
    found: sslMode,
    allowed: 'require, verify-ca or verify-full off loopback (SENTINEL_ENV is production)',
    fix: `set ${setting}=verify-full with ${prefix}_SSLROOTCERT, or at least require`,
  });
}

/** True for this machine: loopback addresses and Unix sockets. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost') || name === '::1' || host.startsWith('/')) return true;
  return isIPv4(name) && name.startsWith('127.');
}

/** Where a variable was read from; nothing for the real environment. */
export function placeOf(raw: RawVariable | undefined): Pick<Problem, 'file' | 'line'> {
  if (raw?.file === undefined || raw.line === undefined) return {};
  return { file: raw.file, line: raw.line };
}
