import { isSecretKey, REDACTED } from '#src/config/redact.js';

const MAX_DEPTH = 5;
const MAX_ITEMS = 100;
const MAX_TEXT = 8192;

/** Fields as JSON can carry them and a structured clone can copy them: no functions, cycles, or values without bound. */
export function plainFields(
  fields: Readonly<Record<string, unknown>>,
  redact: (text: string) => string = (text) => text,
): Record<string, unknown> {
  return plainObject(Object.entries(fields), redact, 0);
}

function plainObject(
  entries: readonly (readonly [string, unknown])[],
  redact: (text: string) => string,
  depth: number,
): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [key, value] of entries.slice(0, MAX_ITEMS)) {
    const result =
      typeof value === 'string' && value !== '' && isSecretKey(key) ? REDACTED : plainValue(value, redact, depth);
    if (result !== undefined) plain[redact(key)] = result;
  }
  return plain;
}

function plainValue(value: unknown, redact: (text: string) => string, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return cut(redact(value));
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'boolean':
      return value;
    case 'bigint':
      return String(value);
    case 'object':
      return value === null ? null : plainContent(value, redact, depth + 1);
    default:
      return undefined;
  }
}

function plainContent(value: object, redact: (text: string) => string, depth: number): unknown {
  // Cycles end here too.
  if (depth > MAX_DEPTH) return '…';
  if (value instanceof Error) return plainObject(errorEntries(value), redact, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer || ArrayBuffer.isView(value))
    return `(${value.byteLength} bytes)`;
  if (Array.isArray(value) || value instanceof Set)
    return [...value].slice(0, MAX_ITEMS).map((item) => plainValue(item, redact, depth) ?? null);
  const entries =
    value instanceof Map ? [...value].map(([key, item]) => [String(key), item] as const) : readEntries(value);
  return plainObject(entries, redact, depth);
}

/** Own properties of an error beyond these may hold query parameters or whole connections. */
function errorEntries(error: Error): (readonly [string, unknown])[] {
  const { code } = error as { code?: unknown };
  return [
    ['type', error.name],
    ['message', error.message],
    ['code', code],
    ['stack', error.stack],
    ['cause', error.cause],
  ];
}

/** A getter may throw: a log call must not. */
function readEntries(value: object): (readonly [string, unknown])[] {
  return Object.keys(value).map((key) => {
    try {
      return [key, (value as Record<string, unknown>)[key]];
    } catch {
      return [key, '(unreadable)'];
    }
  });
}

function cut(text: string): string {
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
}
