import type { DetectResult, DetectTask } from '#src/contract/messages.js';
import type { SourceCheck, TableCheck } from '#src/core/checks/check.js';
import {
  asExpected,
  type CheckSettings,
  DEFAULT_CHECK_SETTINGS,
  inOrder,
  sourceAsExpected,
  sourceChecks,
  tableChecks,
  withoutImplied,
} from '#src/core/checks/index.js';
import type { Failure } from '#src/core/model/failure.js';
import type { Finding } from '#src/core/model/finding.js';
import type { SourceHistory, TableHistory } from '#src/core/model/history.js';

/** What a batch was judged to be, and what could not be judged: a check that failed says nothing and hides nothing. */
export interface JudgedBatch extends DetectResult {
  readonly failures: readonly Failure[];
}

export interface CheckRegistry {
  readonly tables: readonly TableCheck[];
  readonly sources: readonly SourceCheck[];
}

const ALL_CHECKS: CheckRegistry = { tables: tableChecks, sources: sourceChecks };

/** Runs every check on every table and source of the task. A check that throws costs its own findings on that one table. */
export function judgeBatch(
  task: DetectTask,
  settings: CheckSettings = DEFAULT_CHECK_SETTINGS,
  checks: CheckRegistry = ALL_CHECKS,
): JudgedBatch {
  const findings: Finding[] = [];
  const failures: Failure[] = [];
  for (const history of task.tables) {
    const judged = checks.tables.flatMap((check) =>
      guarded(failures, check.name, history, () => check.judge(history, settings)),
    );
    findings.push(...asExpected(history, withoutImplied(judged)));
  }
  for (const history of task.sources) {
    const judged = checks.sources.flatMap((check) =>
      guarded(failures, check.name, history, () => check.judge(history, settings)),
    );
    findings.push(...sourceAsExpected(history, judged));
  }
  return { findings: inOrder(findings), failures };
}

function guarded(
  failures: Failure[],
  check: string,
  history: TableHistory | SourceHistory,
  judge: () => Finding[],
): Finding[] {
  try {
    return judge();
  } catch (error) {
    const table = 'table' in history ? `${history.schema}.${history.table}` : undefined;
    const cause = error instanceof Error ? error.message : String(error);
    failures.push({
      code: 'check_failed',
      message: `check ${check} could not judge ${table ?? `source ${history.source}`}: ${cause}`,
      retryable: false,
      source: history.source,
      ...(table === undefined ? {} : { table }),
    });
    return [];
  }
}
