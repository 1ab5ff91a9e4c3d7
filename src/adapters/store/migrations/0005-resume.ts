import type { Migration } from './index.js';

/**
 * What a run was asked to look at, and a hash of the settings that shape its figures: only a run of the same is gone on with.
 * And who the store is, whatever its address: results that wait in a spool belong to one store.
 */
export const resume: Migration = {
  version: 5,
  name: 'resume',
  sql: (s) => `
ALTER TABLE ${s}.run ADD COLUMN selection jsonb, ADD COLUMN settings text;
-- gen_random_uuid() is not in every server of ours
ALTER TABLE ${s}.lease ADD COLUMN store_id uuid NOT NULL DEFAULT md5(random()::text || clock_timestamp()::text)::uuid;
`,
};
