import type { StoredHistory } from '#src/adapters/store/load-histories.js';
import type { RunRef } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import type { StoreWriter } from '#src/adapters/store/writer.js';
import type { TablePolicy } from '#src/config/policy.js';
import type { TableMatcher, TableName } from '#src/config/table-glob.js';
import type { HistoryStore } from '#src/coordinator/detect-run.js';
import { findInsertTime } from '#src/core/checks/index.js';
import type { CustomMetricRule } from '#src/core/model/history.js';

export interface HistoryStoreOptions {
  /** The clock of judgement, epoch milliseconds. */
  readonly now: number;
  readonly sources: readonly string[];
  readonly wanted: TableMatcher;
  /** Told of each table that is about to be judged. */
  readonly onTable: (history: StoredHistory) => void;
  readonly tablePolicy: (name: TableName) => Omit<TablePolicy, 'match'>;
  readonly customMetrics: (name: TableName) => readonly CustomMetricRule[];
}

/** What judgement reads and writes of one run: stored histories with what sentinel.yaml declares of each table. */
export function historyStore(
  store: Store,
  writer: StoreWriter,
  run: RunRef,
  { now, sources, wanted, tablePolicy, customMetrics, onTable }: HistoryStoreOptions,
): HistoryStore {
  return {
    async *tables() {
      for await (const page of store.loadHistories(run.id, { now, sources }))
        yield page.filter(wanted).map((history) => {
          onTable(history);
          const { insertTime: declared, freshnessSeconds } = tablePolicy(history);
          return {
            ...history,
            insertTime: history.profile && findInsertTime(history.profile, now, declared ?? history.events?.column),
            ...(freshnessSeconds !== undefined && { freshnessLimitSeconds: freshnessSeconds }),
            customMetrics: customMetrics(history),
          };
        });
    },
    sources: () => store.loadSourceHistories(run.id, { now, sources }),
    judged: (findings, of) => writer.persistFindings(run, findings, { ...of, at: now }),
  };
}
