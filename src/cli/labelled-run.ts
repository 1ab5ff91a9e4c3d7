import type { RunSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import { CliError } from './exit-code.js';

/** The run that people call by this label; ends with exit 3, naming some that are there, where there is none. */
export async function labelledRun(store: Store, label: string, argument: string): Promise<RunSummary> {
  const run = await store.latestRun({ label });
  if (run) return run;
  const known = (await store.listRuns({ limit: 3 })).map((each) => each.label);
  const have = known.length === 0 ? 'there are no runs yet' : `the newest are ${known.join(', ')}`;
  throw new CliError(`${argument}: no run is labelled "${label}"; ${have}`);
}
