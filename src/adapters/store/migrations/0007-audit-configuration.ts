import type { Migration } from './index.js';

/** Whether a configuration was written out before is asked by each run, of a table that only grows. */
export const auditConfiguration: Migration = {
  version: 7,
  name: 'audit configuration',
  sql: (s) => `
CREATE INDEX incident_event_configuration ON ${s}.incident_event ((details ->> 'sha256')) WHERE action = 'configured'`,
};
