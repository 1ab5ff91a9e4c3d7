import { StoreError } from './failure.js';
import type { Query } from './reader-pool.js';
import { selectNearest } from './sql/incident.js';
import { toText } from './values.js';

/** The error for a label that no incident has; names the nearest ones. */
export async function unknownIncident(query: Query, s: string, label: string): Promise<StoreError> {
  const number = /^INC-(\d{1,15})$/.exec(label)?.[1] ?? null;
  const near = await query<{ label: string }>(selectNearest(s), [number]);
  const known = near.length === 0 ? 'there are none yet' : `the nearest are ${near.map((row) => row.label).join(', ')}`;
  return new StoreError(
    'unknown_incident',
    `there is no incident ${toText(label)}: ${known}; "sentinel incidents --all" lists them all`,
  );
}
