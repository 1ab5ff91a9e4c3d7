import type { DetectTask } from '#src/contract/messages.js';
import type { Failure } from '#src/core/model/failure.js';
import type { Finding } from '#src/core/model/finding.js';
import type { WorkerPool } from './ports.js';

export interface DatasetName {
  readonly source: string;
  readonly schema: string;
  readonly table: string;
}

/** What was found, and of what. */
export interface Verdict {
  readonly findings: Finding[];
  readonly failures: Failure[];
  /** Tables and sources that are judged. */
  readonly datasets: DatasetName[];
  readonly sources: string[];
}

export function emptyVerdict(): Verdict {
  return { findings: [], failures: [], datasets: [], sources: [] };
}

/**
 * Judge a batch and add to `verdict`; where its worker dies, judge it again in halves, until the table or source that kills workers
 * is alone and is reported. Never rejects.
 */
export async function judgeSafely(
  task: DetectTask,
  pool: Pick<WorkerPool, 'detect'>,
  signal: AbortSignal,
  verdict: Verdict,
  isSecondTry = false,
): Promise<void> {
  const { tables, sources } = task;
  try {
    const { findings, failures } = await pool.detect(task);
    verdict.findings.push(...findings);
    verdict.failures.push(...failures);
    verdict.datasets.push(...tables.map(({ source, schema, table }) => ({ source, schema, table })));
    verdict.sources.push(...sources.map(({ source }) => source));
  } catch (error) {
    if (signal.aborted) return;
    const subjects = tables.length + sources.length;
    if (subjects <= 1 && isSecondTry) {
      verdict.failures.push(threadFailed(error, task));
      return;
    }
    const half = Math.ceil(subjects / 2);
    const sourcesFirst = Math.max(half - tables.length, 0);
    const first = { ...task, tables: tables.slice(0, half), sources: sources.slice(0, sourcesFirst) };
    const second = { ...task, tables: tables.slice(half), sources: sources.slice(sourcesFirst) };
    await judgeSafely(first, pool, signal, verdict, true);
    if (half < subjects) await judgeSafely(second, pool, signal, verdict, true);
  }
}

function threadFailed(error: unknown, { tables: [table], sources: [ofSource] }: DetectTask): Failure {
  const source = table?.source ?? ofSource?.source ?? '';
  const name = table ? `${table.source}.${table.schema}.${table.table}` : `source ${source}`;
  const cause = error instanceof Error ? error.message : String(error);
  return {
    code: 'worker_died',
    message: `${name} could not be judged: its worker thread failed (${cause}); the others are judged`,
    retryable: true,
    source,
    ...(table && { table: `${table.schema}.${table.table}` }),
  };
}
