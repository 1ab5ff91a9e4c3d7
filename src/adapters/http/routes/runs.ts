import type { FastifyInstance } from 'fastify';
import type { RunState } from '#src/adapters/store/records.js';
import { callerName } from '../caller-name.js';
import { type Daemon, Refusal, type WantedRun } from '../ports.js';
import {
  CONFLICT,
  NOT_FOUND,
  runBody,
  runDetail,
  runningRun,
  runParams,
  runsAnswer,
  runsQuery,
  USUAL,
} from '../schemas.js';
import { runningView, runView } from '../views.js';

/** Failures and findings of one run that are answered with. */
const MOST = 200;

export function runRoutes(app: FastifyInstance, daemon: Daemon): void {
  app.get<{ Querystring: { limit: number; before?: number; state?: RunState } }>(
    '/runs',
    { schema: { summary: 'Runs, newest first', querystring: runsQuery, response: { 200: runsAnswer, ...USUAL } } },
    async ({ query: { limit, before, state } }) => {
      const filter = { ...(before !== undefined && { before }), ...(state !== undefined && { states: [state] }) };
      const found = await daemon.store().listRuns({ ...filter, limit: limit + 1 });
      const runs = found.slice(0, limit);
      return { runs: runs.map(runView), before: found.length > limit ? runs.at(-1)!.id : null };
    },
  );
  app.get<{ Params: { run: string } }>(
    '/runs/:run',
    { schema: { summary: 'One run', params: runParams, response: { 200: runDetail, ...USUAL, ...NOT_FOUND } } },
    async ({ params }) => {
      const store = daemon.store();
      const run = await store.latestRun({ label: params.run });
      if (!run) throw new Refusal(404, 'unknown_run', `no run is labelled ${params.run}`);
      const [tasks, sources, findings] = await Promise.all([
        store.tasksOf(run.id),
        store.sourceFailuresOf(run.id),
        store.findingsOf(run.id),
      ]);
      const count = (state: string) => tasks.filter((task) => task.state === state).length;
      const failed = [
        ...sources.map(({ source, failure }) => ({ source, schema: null, table: null, ...failure })),
        ...tasks.flatMap(({ source, schema, table, failure, state }) =>
          failure && state === 'failed' ? [{ source, schema, table, ...failure }] : [],
        ),
      ];
      return {
        ...runView(run),
        tables: { ok: count('ok'), failed: count('failed'), skipped: count('skipped'), gone: count('gone') },
        failed: failed.slice(0, MOST),
        findings: findings.slice(0, MOST),
      };
    },
  );
  app.post<{ Body: WantedRun & { actor?: string } }>(
    '/runs',
    {
      schema: {
        summary: 'Start a run now',
        body: runBody,
        response: { 202: { ...runningRun, description: 'it begins' }, ...USUAL, ...CONFLICT },
      },
    },
    async ({ body: { actor, ...wanted }, caller }, reply) =>
      reply.code(202).send(runningView(daemon.startRun(wanted, callerName(caller, actor)))),
  );
}
