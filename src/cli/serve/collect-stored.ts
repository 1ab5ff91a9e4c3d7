import { ENDED } from '#src/adapters/store/records.js';
import { openStore } from '#src/adapters/store/store.js';
import { type Config, tablePolicies } from '#src/config/config.js';
import { compileTablePolicies } from '#src/config/policy.js';
import { collectReport } from '#src/report/collect.js';
import type { ReportData } from '#src/report/report-data.js';
import { storeOptions } from '../run-store.js';
import { tableFilter } from '../selection.js';

/** The report of the newest run that ended, as the pages show it; null where there is none. Values that look personal are masked. */
export async function collectStored(config: Config): Promise<ReportData | null> {
  const store = await openStore(storeOptions(config));
  try {
    const run = await store.latestRun({ states: ENDED });
    if (!run) return null;
    return await collectReport(store, {
      run,
      madeAt: new Date(),
      sources: config.sources.map(({ name }) => name),
      wanted: tableFilter(config, {}),
      tablePolicy: compileTablePolicies(tablePolicies(config)),
      judge: config.policy.checks.settings.judge,
      unmask: false,
    });
  } finally {
    await store.close();
  }
}
