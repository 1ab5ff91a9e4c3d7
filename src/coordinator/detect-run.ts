import type { DetectResult } from '#src/contract/messages.js';
import { foldSchemas, inOrder } from '#src/core/checks/index.js';
import type { Failure } from '#src/core/model/failure.js';
import type { Finding } from '#src/core/model/finding.js';
import type { SourceHistory, TableHistory } from '#src/core/model/history.js';
import type { WorkerPool } from './ports.js';

interface DatasetName {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
}

export interface DetectRunOptions {
  readonly run: string;
  /** How many batches are judged at the same time. */
  readonly workers: number;
  readonly signal: AbortSignal;
  readonly toFailure: (error: unknown) => Failure;
}

/** Where histories come from and verdicts go. */
export interface HistoryStore {
  tables(): AsyncIterable<readonly TableHistory[]>;
  sources(): Promise<readonly SourceHistory[]>;
  /**
   * Store the verdict; the tables and sources it names are part of the judged past from then on. Resolves with the findings,
   * each with the incident it belongs to.
   */
  judged(
    findings: readonly Finding[],
    of: { readonly datasets: readonly DatasetName[]; readonly sources: readonly string[] },
  ): Promise<readonly Finding[]>;
}

/** Judge every table and source of a run in the worker threads and store what was found, worst first. */
export async function detectRun(
  store: HistoryStore,
  pool: Pick<WorkerPool, 'detect'>,
  options: DetectRunOptions,
): Promise<DetectResult> {
  const sources = await store.sources();
  const datasets: DatasetName[] = [];
  const findings: Finding[] = [];
  const failures: Failure[] = [];
  const running = new Set<Promise<void>>();
  const judge = (tables: readonly TableHistory[], ofSources: readonly SourceHistory[]) => {
    const job: Promise<void> = pool
      .detect({ type: 'detect', run: options.run, tables, sources: ofSources })
      .then((result) => {
        findings.push(...result.findings);
        failures.push(...result.failures);
        for (const { source, schema, table } of tables) datasets.push({ source, schema, table });
      })
      .catch((error: unknown) => void failures.push(options.toFailure(error)))
      .finally(() => running.delete(job));
    running.add(job);
  };
  judge([], sources);
  for await (const page of store.tables()) {
    if (options.signal.aborted) break;
    while (running.size >= options.workers) await Promise.race(running);
    judge(page, []);
  }
  await Promise.all(running);
  const result = inOrder(foldSchemas(findings));
  if (options.signal.aborted) return { findings: result, failures };
  const judged = { datasets, sources: sources.map(({ source }) => source) };
  return { findings: await store.judged(result, judged), failures };
}
