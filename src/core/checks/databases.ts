import type { SourceCheck } from './check.js';
import { difference } from './difference.js';
import { makeFinding } from './finding.js';
import { name, time } from './sentence.js';

/** Databases that came or went on the source's server. */
export const databases: SourceCheck = {
  name: 'databases',
  judge(history) {
    const { inventory, previousInventory: previous } = history;
    if (!inventory || !previous) return [];
    const server = `the server of source ${name(history.source)}`;
    const { added, dropped } = difference(previous.databases, inventory.databases);
    const seen = { check: this.name, metric: 'databases' };
    return [
      ...dropped.map((database) =>
        makeFinding(history, {
          ...seen,
          severity: 'warn',
          value: database,
          object: database,
          message: `Database ${name(database)} no longer exists on ${server}; it was there at ${time(previous.time)}.`,
        }),
      ),
      ...added.map((database) =>
        makeFinding(history, {
          ...seen,
          severity: 'info',
          value: database,
          object: database,
          message: `Database ${name(database)} is new on ${server}; it was not there at ${time(previous.time)}.`,
        }),
      ),
    ];
  },
};
