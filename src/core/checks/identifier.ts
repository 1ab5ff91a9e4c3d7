import type { TableHistory } from '../model/history.js';
import type { SeriesPoint } from '../model/series.js';
import { isPersonalNumber } from '../privacy/mask.js';

/** Names of columns whose numbers name something: their mean says nothing of the data. */
const IDENTIFIER = /(?:^|[\s_\-.])(?:id|ids|key|keys|code|number|no|nr|uuid|guid|zip|postcode|year|lsn|xid|oid|hash)$/i;
const CAMEL_IDENTIFIER = /[a-z0-9](?:Id|ID|Key|Code|Number|No)$/;

/** True where a column's numbers are names (keys, codes, phone numbers), by the primary key, the column's name or its values. */
export function isIdentifier(history: TableHistory, column: string): boolean {
  const key = history.shape?.primaryKey ?? [];
  if (key.includes(column) || IDENTIFIER.test(column) || CAMEL_IDENTIFIER.test(column)) return true;
  const profile = history.profile?.columns.find(({ name }) => name === column);
  return profile !== undefined && isPersonalNumber(profile);
}

const COUNTER_MIN_MOVES = 10;
const COUNTER_SHARE = 0.9;

/** True where a series (almost) always moves the same way: a counter, a serial number, a running balance. */
export function isCounter(points: readonly SeriesPoint[]): boolean {
  let rises = 0;
  let falls = 0;
  let last: number | null = null;
  for (const { value } of points) {
    if (value === null) continue;
    if (last !== null && value > last) rises++;
    if (last !== null && value < last) falls++;
    last = value;
  }
  const moves = rises + falls;
  return moves >= COUNTER_MIN_MOVES && Math.max(rises, falls) >= COUNTER_SHARE * moves;
}
