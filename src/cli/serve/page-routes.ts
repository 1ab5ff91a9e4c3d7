import type { FastifyPluginAsync } from 'fastify';
import { callerOf } from '#src/adapters/http/access.js';
import { type Daemon, Refusal } from '#src/adapters/http/ports.js';
import type { HttpSettings } from '#src/config/config.js';
import { TABLE_KINDS, TABLE_SORTS, type TableQuery } from '#src/report/find-tables.js';
import { pageAssets } from '#src/report/page-assets.js';
import { renderLivePage } from '#src/report/template.js';
import type { ServedReport } from './served-report.js';

const text = { type: 'string', maxLength: 1_000 } as const;

const tablesQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    search: { ...text, default: '' },
    source: { ...text, default: '' },
    kind: { type: 'string', enum: TABLE_KINDS, default: 'all' },
    sort: { type: 'string', enum: TABLE_SORTS, default: 'state' },
    reverse: { type: 'boolean', default: false },
    limit: { type: 'integer', minimum: 1, maximum: 5_000, default: 100 },
  },
} as const;

/** The page for people, and what it asks for as it is used: slices of the report, for this version of the page alone. */
export function pageRoutes(daemon: Daemon, report: ServedReport, settings: HttpSettings): FastifyPluginAsync {
  return async (app) => {
    // Whoever has not shown the token gets the page that asks for it, and nothing of the data.
    app.get('/', { config: { open: true } }, async ({ headers }, reply) => {
      const isIn = callerOf(headers, settings, Date.now()) !== null;
      const data = isIn ? overview(daemon, report) : 'login';
      const { html, policy } = renderLivePage(data, await pageAssets());
      return reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', `${policy}; frame-ancestors 'none'`)
        .send(html);
    });
    app.get<{ Querystring: TableQuery & { limit: number } }>(
      '/page/tables',
      { schema: { querystring: tablesQuery } },
      async ({ query: { limit, ...query } }) => {
        const found = await report.tables(query, limit);
        if (!found) throw new Refusal(404, 'no_run', 'no run has ended yet');
        return found;
      },
    );
    app.get<{ Querystring: { key: string } }>(
      '/page/table',
      { schema: { querystring: one('key') } },
      async ({ query: { key } }, reply) => reply.type('application/json').send(JSON.stringify(await report.table(key))),
    );
    app.get<{ Querystring: { id: string } }>(
      '/page/incident',
      { schema: { querystring: one('id') } },
      async ({ query: { id } }, reply) =>
        reply.type('application/json').send(JSON.stringify(await report.incident(id))),
    );
  };
}

/** An instance that stands by has nothing to show that is sure to be new: its page says that, and why. */
function overview(daemon: Daemon, report: ServedReport) {
  const { role, reason } = daemon.status();
  return role === 'standby' ? { standby: reason ?? 'it has just started' } : report.overview();
}

function one(name: string) {
  return { type: 'object', additionalProperties: false, required: [name], properties: { [name]: text } } as const;
}
