import type { SourceCheck } from './check.js';
import { ADDED, DROPPED } from './describe-schema-change.js';
import { difference } from './difference.js';
import { makeFinding } from './finding.js';
import { name, time } from './sentence.js';

/** Schemas that came or went in the watched database. */
export const schemas: SourceCheck = {
  name: 'schemas',
  judge(history) {
    const { inventory, previousInventory: previous } = history;
    if (!inventory || !previous) return [];
    const { added, dropped } = difference(previous.schemas, inventory.schemas);
    const seen = { check: this.name, metric: 'schemas' };
    return [
      ...dropped.map((schema) =>
        makeFinding(
          { ...history, schema },
          {
            ...seen,
            severity: 'critical',
            value: DROPPED,
            message: `Schema ${name(schema)} no longer exists; it was there at ${time(previous.time)}.`,
          },
        ),
      ),
      ...added.map((schema) =>
        makeFinding(
          { ...history, schema },
          {
            ...seen,
            severity: 'info',
            value: ADDED,
            message: `Schema ${name(schema)} is new; it was not there at ${time(previous.time)}.`,
          },
        ),
      ),
    ];
  },
};
