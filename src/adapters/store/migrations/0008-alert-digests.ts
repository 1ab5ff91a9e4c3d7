import type { Migration } from './index.js';

/**
 * A delivery may tell of several incidents, wait for the day's digest (`held`), and be done with a part of its recipients. What was
 * told to whom is found by incident, too: its end goes to those who were told of its beginning.
 */
export const alertDigests: Migration = {
  version: 8,
  name: 'alert digests',
  sql: (s) => `
ALTER TABLE ${s}.alert_delivery ADD COLUMN incidents bigint[] NOT NULL DEFAULT '{}';
ALTER TABLE ${s}.alert_delivery ADD COLUMN progress jsonb;
UPDATE ${s}.alert_delivery SET incidents = ARRAY[incident] WHERE incident IS NOT NULL;
ALTER TABLE ${s}.alert_delivery DROP CONSTRAINT alert_delivery_state_check;
ALTER TABLE ${s}.alert_delivery ADD CONSTRAINT alert_delivery_state_check
  CHECK (state IN ('pending', 'delivered', 'failed', 'held'));
DROP INDEX ${s}.alert_delivery_of_incident;
CREATE INDEX alert_delivery_incidents ON ${s}.alert_delivery USING gin (incidents);
`,
};
