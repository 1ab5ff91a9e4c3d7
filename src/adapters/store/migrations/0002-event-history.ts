import type { Migration } from './index.js';

/**
 * The newest history by insert time of each table, encoded as `core/events/event-codec.ts` has it. It counts only with the
 * task of its own run, so a run that goes away leaves nothing that could mislead: no foreign key to it.
 */
export const eventHistory: Migration = {
  version: 2,
  name: 'event history',
  sql: (s) => `
CREATE TABLE ${s}.event_history (
  dataset bigint PRIMARY KEY REFERENCES ${s}.dataset,
  run bigint NOT NULL,
  events bytea NOT NULL
);
`,
};
