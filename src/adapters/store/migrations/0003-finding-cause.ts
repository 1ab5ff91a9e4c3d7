import type { Migration } from './index.js';

/** What explains a finding, in one sentence; null where nothing is known to. */
export const findingCause: Migration = {
  version: 3,
  name: 'finding cause',
  sql: (s) => `ALTER TABLE ${s}.finding ADD COLUMN cause text;`,
};
