import type { FastifySchemaValidationError } from 'fastify/types/schema.js';

/** What ajv says besides, as it is told to be `verbose`. */
type VerboseError = Omit<FastifySchemaValidationError, 'params'> & {
  readonly data?: unknown;
  readonly params: {
    readonly additionalProperty?: string;
    readonly missingProperty?: string;
    readonly allowedValues?: readonly unknown[];
    readonly type?: string | readonly string[];
    readonly format?: string;
    readonly pattern?: string;
    readonly limit?: number;
  };
  readonly parentSchema?: { readonly properties?: Readonly<Record<string, unknown>>; readonly description?: string };
};

const PLACES: Readonly<Record<string, string>> = {
  querystring: 'parameter',
  params: 'part of the path',
  body: 'field',
};
const MOST_SHOWN = 60;
/** What somebody sends here is not said back. */
const SECRET = new Set(['token']);

/** One sentence on what of a request is not as it must be: what was found, and what is allowed. */
export function schemaError(errors: readonly FastifySchemaValidationError[], place: string): Error {
  const [error] = errors as readonly (FastifySchemaValidationError & VerboseError)[];
  return new Error(error === undefined ? `${place}: not as it must be` : sentence(error, place));
}

function sentence(error: VerboseError, place: string): string {
  const { instancePath, keyword, params, parentSchema, data } = error;
  const word = PLACES[place] ?? place;
  const path = instancePath.split('/').slice(1).join('.');
  switch (keyword) {
    case 'additionalProperties': {
      const known = Object.keys(parentSchema?.properties ?? {}).join(', ');
      return `there is no ${word} ${shown(params.additionalProperty)}; there are ${known}`;
    }
    case 'required':
      return `the ${word} "${params.missingProperty}" is missing`;
  }
  const allowed = allowedOf(error);
  if (path === '') return `the ${place} is ${kindOf(data)}; ${allowed}`;
  return `the ${word} "${path}" is ${SECRET.has(path) ? 'not as it must be' : shown(data)}; ${allowed}`;
}

/** What ajv's keywords allow: https://ajv.js.org/json-schema.html. */
function allowedOf({ keyword, params, parentSchema, message }: VerboseError): string {
  const limit = String(params.limit);
  const about = parentSchema?.description === undefined ? '' : `: ${parentSchema.description}`;
  switch (keyword) {
    case 'enum':
      return `allowed: ${(params.allowedValues ?? []).join(', ')}`;
    case 'type':
      return `allowed: ${[params.type]
        .flat()
        .map((type) => TYPES[String(type)] ?? type)
        .join(' or ')}`;
    case 'format':
      return `allowed: ${params.format === 'date-time' ? 'a time with its zone, as 2026-01-31T18:00:00Z' : params.format}`;
    case 'pattern':
      return `allowed: what matches ${params.pattern}${about}`;
    case 'minimum':
      return `allowed: ${limit} and more`;
    case 'maximum':
      return `allowed: ${limit} at most`;
    case 'minLength':
      return `allowed: ${limit} or more characters`;
    case 'maxLength':
      return `allowed: ${limit} characters at most`;
    case 'maxItems':
      return `allowed: ${limit} entries at most`;
    default:
      return `it ${message ?? 'is not as it must be'}`;
  }
}

const TYPES: Readonly<Record<string, string>> = {
  ...{ string: 'a text', integer: 'a whole number', number: 'a number', boolean: 'true or false' },
  ...{ array: 'a list', object: 'a JSON object', null: 'null' },
};

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  return Array.isArray(value) ? 'a list' : (TYPES[typeof value] ?? 'something else');
}

/** A value in one short line. */
function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return kindOf(value);
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…"` : text;
}
