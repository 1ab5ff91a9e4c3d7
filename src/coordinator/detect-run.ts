import type { DetectResult, DetectTask } from '#src/contract/messages.js';
import { foldSchemas, inOrder } from '#src/core/checks/index.js';
import type { Finding } from '#src/core/model/finding.js';
import type { SourceHistory, TableHistory } from '#src/core/model/history.js';
import { type DatasetName, emptyVerdict, judgeSafely } from './judge-safely.js';
import type { WorkerPool } from './ports.js';

export interface DetectRunOptions {
  readonly run: string;
  /** How many batches are judged at the same time. */
  readonly workers: number;
  readonly signal: AbortSignal;
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
  const done = emptyVerdict();
  const running = new Set<Promise<void>>();
  const judge = (tables: readonly TableHistory[], ofSources: readonly SourceHistory[]) => {
    const task: DetectTask = { type: 'detect', run: options.run, tables, sources: ofSources };
    const job: Promise<void> = judgeSafely(task, pool, options.signal, done).finally(() => running.delete(job));
    running.add(job);
  };
  judge([], sources);
  for await (const page of store.tables()) {
    if (options.signal.aborted) break;
    while (running.size >= options.workers) await Promise.race(running);
    judge(page, []);
  }
  await Promise.all(running);
  const result = inOrder(foldSchemas(done.findings));
  if (options.signal.aborted) return { findings: result, failures: done.failures };
  return { findings: await store.judged(result, done), failures: done.failures };
}
