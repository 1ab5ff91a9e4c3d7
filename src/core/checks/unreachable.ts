import type { SourceCheck } from './check.js';
import { makeFinding } from './finding.js';
import { name, printable, time } from './sentence.js';

/** The source could not be read in this run. Of its tables nothing is known, so this alone tells people that something is wrong. */
export const unreachable: SourceCheck = {
  name: 'unreachable',
  judge(history) {
    const { failure, inventory, databaseGone, previousInventory, source } = history;
    // A database that is gone is said by its own check.
    if (inventory || !failure || databaseGone) return [];
    const last = previousInventory ? ` (last read at ${time(previousInventory.time)})` : '';
    return [
      makeFinding(history, {
        check: this.name,
        metric: 'reachable',
        severity: 'warn',
        value: failure.code,
        message: `Source ${name(source)} could not be read, so its tables are unknown${last}: ${printable(failure.message)}.`,
      }),
    ];
  },
};
