import type { Migration } from './index.js';

/** What a finding about no table names: a schema, or an object of the source such as a slot; and an expectation likewise. */
export const findingSubject: Migration = {
  version: 4,
  name: 'finding subject',
  sql: (s) => `
ALTER TABLE ${s}.finding ADD COLUMN schema_name text, ADD COLUMN object text;
ALTER TABLE ${s}.expectation ADD COLUMN object text;
`,
};
