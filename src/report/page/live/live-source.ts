import { ALL_TABLES, type TableQuery } from '../../find-tables.js';
import { createModel, type Model } from '../../model.js';
import type { ReportData } from '../../report-data.js';
import { embeddedSource, type PageSource } from '../page-source.js';
import { ask } from './ask.js';

/** A slice of the report, and which of its tables are meant, in their order. */
interface TablesAnswer {
  readonly report: ReportData;
  readonly indices: readonly number[];
  readonly matched: number;
}

/** Typing asks at most so often. */
const PAUSE_MS = 120;

/** Asks the server that sent the page; `overview` holds what the first screen needs. `failed` is told where it does not answer. */
export function liveSource(overview: Model, failed: (problem: string) => void): PageSource {
  const embedded = embeddedSource(overview);
  let asked = 0;
  let timer: number | undefined;
  return {
    find(query, limit, show) {
      const number = ++asked;
      clearTimeout(timer);
      if (isFirst(query) && limit <= overview.data.tables.length)
        return embedded.find(query, limit, (found) => show({ ...found, matched: overview.tables }));
      timer = setTimeout(async () => {
        try {
          const answer = await ask<TablesAnswer>(`/page/tables?${parametersOf(query, limit)}`);
          if (number === asked) show({ ...answer, model: createModel(answer.report) });
        } catch (error) {
          failed((error as Error).message);
        }
      }, PAUSE_MS);
    },
    async table(key, show) {
      try {
        const report = await ask<ReportData | null>(`/page/table?key=${encodeURIComponent(key)}`);
        show(report && { model: createModel(report), index: 0 });
      } catch (error) {
        failed((error as Error).message);
      }
    },
  };
}

function isFirst({ search, source, kind, sort, reverse }: TableQuery): boolean {
  return JSON.stringify({ search, source, kind, sort, reverse }) === JSON.stringify(ALL_TABLES);
}

function parametersOf({ search, source, kind, sort, reverse }: TableQuery, limit: number): URLSearchParams {
  return new URLSearchParams({ search, source, kind, sort, reverse: String(reverse), limit: String(limit) });
}
