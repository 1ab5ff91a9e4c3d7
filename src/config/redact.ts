/** What stands in place of a secret. */
export const REDACTED = '***';

/** Replaces every secret it was made for, and credentials in URLs and DSNs, by `***`. */
export type Redactor = (text: string) => string;

/** Shorter secrets are only replaced where they stand alone: masking every `a` of a text would hide nothing and ruin it. */
const MIN_LENGTH_ANYWHERE = 4;

/** Compile the secrets once; also finds them percent-encoded (URLs) and JSON-escaped. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const spellings = [...new Set(secrets.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  if (spellings.length === 0) return maskCredentials;
  const pattern = new RegExp(spellings.map(patternOf).join('|'), 'gu');
  return (text) => maskCredentials(text.replace(pattern, REDACTED));
}

/** One text with these secrets replaced; see `createRedactor` for many texts. */
export function redactSecrets(text: string, secrets: readonly string[]): string {
  return createRedactor(secrets)(text);
}

function spellingsOf(secret: string): string[] {
  if (secret === '') return [];
  const escaped = JSON.stringify(secret).slice(1, -1);
  try {
    return [secret, escaped, encodeURIComponent(secret)];
  } catch {
    // A lone surrogate cannot be percent-encoded, so no URL holds it.
    return [secret, escaped];
  }
}

function patternOf(spelling: string): string {
  const literal = spelling.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return spelling.length >= MIN_LENGTH_ANYWHERE ? literal : `(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`;
}

/** Passwords in `scheme://user:password@host` and `password=…`, whoever they belong to. */
export function maskCredentials(text: string): string {
  return text
    .replace(/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/?#@]*:)[^\s/?#]*@/gi, `$1${REDACTED}@`)
    .replace(/(\b|_)(password|passwd|pwd|secret|token)(\s*=\s*)('[^']*'|"[^"]*"|[^\s,;&'"]+)/gi, `$1$2$3${REDACTED}`);
}

const SECRET_KEY = /password|passwd|secret|token|(?:api|routing)_?key|authorization|cookie|dsn$|url$/i;

/** True for the name of a field whose value is not to be shown: passwords, tokens, URLs that carry them. */
export function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key);
}

/** A deep copy of plain data with the values of secret-named fields replaced: the configuration as the audit trail keeps it. */
export function maskSecretFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(maskSecretFields);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, field]): [string, unknown] =>
    isSecretKey(key) && typeof field === 'string' && field !== '' ? [key, REDACTED] : [key, maskSecretFields(field)],
  );
  return Object.fromEntries(entries);
}
