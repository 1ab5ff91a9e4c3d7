import { ENDED } from '#src/adapters/store/records.js';
import { openStore } from '#src/adapters/store/store.js';
import { handedOver } from '#src/adapters/threads/task-thread.js';
import { type Config, tablePolicies } from '#src/config/config.js';
import { compileTablePolicies } from '#src/config/policy.js';
import { KeptJudges } from '#src/report/collect/kept-judges.js';
import { collectReport } from '#src/report/collect.js';
import { packReport } from '#src/report/parcel.js';
import { storeOptions } from '../run-store.js';
import { tableFilter } from '../selection.js';

let kept: KeptJudges | undefined;

/**
 * The report of the newest run that ended, as the pages show it, by `packReport`; null where there is none. Values that look personal
 * are masked. What one call has judged the next one goes on from: a process has one configuration, so one set of judges.
 */
export async function collectStored(config: Config): Promise<Uint8Array | null> {
  const store = await openStore(storeOptions(config));
  const { judge: settings } = config.policy.checks.settings;
  kept ??= new KeptJudges(settings);
  try {
    const run = await store.latestRun({ states: ENDED });
    if (!run) return null;
    const report = await collectReport(store, {
      run,
      madeAt: new Date(),
      sources: config.sources.map(({ name }) => name),
      wanted: tableFilter(config, {}),
      tablePolicy: compileTablePolicies(tablePolicies(config)),
      judge: { settings, kept },
      unmask: false,
    });
    kept.turn();
    return handedOver(packReport(report));
  } finally {
    await store.close();
  }
}
