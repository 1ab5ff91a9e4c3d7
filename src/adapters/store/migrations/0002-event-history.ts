import type { Migration } from './index.js';

/**
 * The newest history by insert time of each table, encoded as `core/events/event-codec.ts` has it. It counts only with the
 * task of its own run, so a run that goes away leaves nothing that could mislead: no foreign key to it. Beside it, the last
 * days as they were first seen closed, and the same of the closing before: what has changed since then had not settled.
 */
export const eventHistory: Migration = {
  version: 2,
  name: 'event history',
  sql: (s) => `
CREATE TABLE ${s}.event_history (
  dataset bigint PRIMARY KEY REFERENCES ${s}.dataset,
  run bigint NOT NULL,
  events bytea NOT NULL,
  closed_at timestamptz NOT NULL,
  first_seen bytea NOT NULL,
  first_seen_at timestamptz NOT NULL,
  first_seen_before bytea,
  first_seen_before_at timestamptz
);
`,
};
