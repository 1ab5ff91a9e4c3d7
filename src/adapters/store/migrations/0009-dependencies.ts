import type { Migration } from './index.js';

/** Which tables and views of a source depend on which, as the newest run that reached it saw it: the past of that is of no use. */
export const dependencies: Migration = {
  version: 9,
  name: 'dependencies',
  sql: (s) => `
CREATE TABLE ${s}.source_dependencies (
  source text PRIMARY KEY,
  run bigint NOT NULL,
  dependencies jsonb NOT NULL
);
`,
};
