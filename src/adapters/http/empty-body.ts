import type { FastifyInstance } from 'fastify';

/** A body that is not sent is an empty object where no field of it is required, also if it is called JSON. */
export function allowNoBody(app: FastifyInstance): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined);
    else parse(request, body, done);
  });
  app.addHook('preValidation', async (request) => {
    const schema = request.routeOptions.schema?.body as { readonly required?: readonly string[] } | undefined;
    if (schema !== undefined && schema.required === undefined) request.body ??= {};
  });
}
