import type { FastifyInstance } from 'fastify';
import type { TableFilter } from '#src/adapters/store/read-tables.js';
import type { DatasetName, TaskSummary } from '#src/adapters/store/records.js';
import { UNRESOLVED } from '#src/core/incidents/counted.js';
import { maskProfile } from '#src/core/privacy/mask.js';
import { iso } from '../iso.js';
import { type Daemon, Refusal } from '../ports.js';
import {
  NOT_FOUND,
  seriesAnswer,
  seriesQuery,
  tableDetail,
  tableParams,
  tablesAnswer,
  tablesQuery,
  USUAL,
} from '../schemas.js';
import { incidentView, tableView } from '../views.js';

interface TablesQuery {
  readonly limit: number;
  readonly offset: number;
  readonly source?: string;
  readonly search?: string;
  readonly state?: TaskSummary['state'];
  readonly gone: boolean;
  readonly sort: NonNullable<TableFilter['order']>;
  readonly order: 'asc' | 'desc';
}

interface SeriesQuery {
  readonly metric: string;
  readonly column?: string;
  readonly from?: string;
  readonly to?: string;
  readonly points: number;
}

export function tableRoutes(app: FastifyInstance, daemon: Daemon): void {
  app.get<{ Querystring: TablesQuery }>(
    '/tables',
    { schema: { summary: 'Tables', querystring: tablesQuery, response: { 200: tablesAnswer, ...USUAL } } },
    async ({ query: { source, search, state, sort, order, ...page } }) => {
      const { total, tables } = await daemon.store().listTables({
        ...page,
        order: sort,
        descending: order === 'desc',
        ...(source !== undefined && { sources: [source] }),
        ...(search !== undefined && { search }),
        ...(state !== undefined && { states: [state] }),
      });
      return { total, tables: tables.map(tableView) };
    },
  );
  app.get<{ Params: DatasetName }>(
    '/tables/:source/:schema/:table',
    {
      schema: {
        summary: 'One table: figures, columns, incidents',
        params: tableParams,
        response: { 200: tableDetail, ...USUAL, ...NOT_FOUND },
      },
    },
    async ({ params }) => {
      const store = daemon.store();
      const [found, incidents] = await Promise.all([
        store.tableDetail(params),
        store.listIncidents({ states: UNRESOLVED }),
      ]);
      if (!found) throw unknownTable(params);
      const { profile, ...table } = found;
      const isOfIt = ({
        source,
        schema,
        table: name,
      }: {
        source: string;
        schema: string | null;
        table: string | null;
      }) => source === params.source && schema === params.schema && name === params.table;
      return {
        ...tableView(table),
        series: table.series,
        profile: profile && shownProfile(profile),
        unresolved: incidents.filter(({ findings }) => findings.some(isOfIt)).map(incidentView),
      };
    },
  );
  app.get<{ Params: DatasetName; Querystring: SeriesQuery }>(
    '/tables/:source/:schema/:table/series',
    {
      schema: {
        summary: 'One series of a table, rolled up',
        params: tableParams,
        querystring: seriesQuery,
        response: { 200: seriesAnswer, ...USUAL },
      },
    },
    async ({ params, query: { metric, column = null, from, to, points } }) => {
      const range = {
        buckets: points,
        ...(from !== undefined && { from: new Date(from) }),
        ...(to !== undefined && { to: new Date(to) }),
      };
      const buckets = await daemon.store().rolledUpSeries({ ...params, metric, column }, range);
      return {
        ...{ metric, column },
        points: buckets.map((bucket) => ({ ...bucket, from: iso(bucket.from), to: iso(bucket.to) })),
      };
    },
  );
}

function shownProfile({
  run,
  time,
  figures,
}: {
  run: string;
  time: number;
  figures: Parameters<typeof maskProfile>[0];
}) {
  const { mode, consistent, columns } = maskProfile(figures);
  return { run, time: iso(time), mode, consistent, columns };
}

function unknownTable({ source, schema, table }: DatasetName): Refusal {
  return new Refusal(404, 'unknown_table', `no run has seen ${source}.${schema}.${table}`);
}
