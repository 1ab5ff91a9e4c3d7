import type { DemoTable } from '../table.js';
import { cdcTables } from './cdc.js';
import { crmTables } from './crm.js';
import { financeTables } from './finance.js';
import { salesTables } from './sales.js';
import { webTables } from './web.js';

/** Every table of the demo. */
export const tables: readonly DemoTable[] = [
  ...salesTables,
  ...crmTables,
  ...webTables,
  ...financeTables,
  ...cdcTables,
];
