import type { FastifyInstance, RouteOptions } from 'fastify';

declare module 'fastify' {
  interface FastifySchema {
    /** One line; a route without one is left out of the document. */
    readonly summary?: string;
  }
}

interface Schema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

interface RouteSchema {
  readonly summary?: string;
  readonly params?: Schema;
  readonly querystring?: Schema;
  readonly body?: Schema;
  readonly response?: Readonly<Record<string, { readonly description?: string }>>;
}

const SECURITY = {
  bearer: { type: 'http', scheme: 'bearer', description: 'HTTP_TOKEN, where it is set' },
  cookie: { type: 'apiKey', in: 'cookie', name: 'sentinel_session', description: 'what POST /login sets' },
};

/** Collects every route that has a summary; the document is made of the very schemas that requests are checked against. */
export function collectOpenApi(app: FastifyInstance, version: string): () => object {
  const paths: Record<string, Record<string, object>> = {};
  app.addHook('onRoute', (route) => {
    const schema = (route.schema ?? {}) as RouteSchema;
    if (schema.summary === undefined) return;
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    for (const method of [route.method].flat())
      if (method !== 'HEAD') (paths[path] ??= {})[method.toLowerCase()] = operation(route, schema, method);
  });
  return () => ({
    openapi: '3.1.0',
    info: { title: 'Sentinel', version, description: 'The daemon `sentinel serve`; see docs/serve.md.' },
    servers: [{ url: '/' }],
    paths,
    components: { securitySchemes: SECURITY },
  });
}

function operation({ url, config }: RouteOptions, schema: RouteSchema, method: string): object {
  const id = url.split('/').filter((part) => part !== '' && part !== 'api' && part !== 'v1' && !part.startsWith(':'));
  const byName = url.split('/').filter((part) => part.startsWith(':'));
  const parameters = [...parametersOf(schema.params, 'path'), ...parametersOf(schema.querystring, 'query')];
  return {
    operationId: [method.toLowerCase(), ...id, ...(byName.length > 0 ? ['one'] : [])].join('_').replace(/\W/g, '_'),
    summary: schema.summary,
    ...(parameters.length > 0 && { parameters }),
    ...(schema.body && {
      requestBody: {
        required: schema.body.required !== undefined,
        content: { 'application/json': { schema: schema.body } },
      },
    }),
    responses: Object.fromEntries(
      Object.entries(schema.response ?? {}).map(([status, body]) => [status, response(status, body)]),
    ),
    security: config?.open === true ? [] : [{ bearer: [] }, { cookie: [] }],
  };
}

function parametersOf(schema: Schema | undefined, place: 'path' | 'query'): object[] {
  return Object.entries(schema?.properties ?? {}).map(([name, each]) => {
    const { description, ...rest } = each as { readonly description?: string };
    const required = place === 'path' || schema?.required?.includes(name) === true;
    return { name, in: place, required, ...(description !== undefined && { description }), schema: rest };
  });
}

function response(status: string, { description, ...schema }: { readonly description?: string }): object {
  const isText = 'x-text' in schema;
  const words = description ?? (status.startsWith('2') ? 'as asked' : 'why not');
  if (isText) return { description: words, content: { [String(schema['x-text'])]: { schema: { type: 'string' } } } };
  return Object.keys(schema).length === 0
    ? { description: words }
    : { description: words, content: { 'application/json': { schema } } };
}
