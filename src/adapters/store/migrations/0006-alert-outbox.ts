import type { Migration } from './index.js';

/** How often an incident was alerted numbers its alerts; a claim keeps two processes from delivering the same one. */
export const alertOutbox: Migration = {
  version: 6,
  name: 'alert outbox',
  sql: (s) => `
ALTER TABLE ${s}.incident ADD COLUMN alerts integer NOT NULL DEFAULT 0;
ALTER TABLE ${s}.alert_delivery ADD COLUMN claimed_until timestamptz;
CREATE INDEX alert_delivery_of_incident ON ${s}.alert_delivery (incident, sink, id) WHERE state = 'pending';
`,
};
