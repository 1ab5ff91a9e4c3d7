import type { SourceCheck } from './check.js';
import { makeFinding } from './finding.js';
import { name, time } from './sentence.js';

/** The watched database itself no longer exists on a server that answers. */
export const databaseGone: SourceCheck = {
  name: 'database_gone',
  judge(history) {
    if (!history.databaseGone) return [];
    const last = history.previousInventory?.time;
    const since = last === undefined ? '' : `; it was there at ${time(last)}`;
    return [
      makeFinding(history, {
        check: this.name,
        metric: 'databases',
        severity: 'critical',
        value: history.database,
        object: history.database,
        message: `Database ${name(history.database)} of source ${name(history.source)} no longer exists${since}.`,
      }),
    ];
  },
};
