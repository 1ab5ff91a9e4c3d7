import type { Finding } from '../model/finding.js';
import type { SourceHistory, TableHistory } from '../model/history.js';
import { allNull } from './all-null.js';
import { categories } from './categories.js';
import type { SourceCheck, TableCheck } from './check.js';
import { custom } from './custom.js';
import { customLimit } from './custom-limit.js';
import { databaseGone } from './database-gone.js';
import { databases } from './databases.js';
import { distinct } from './distinct.js';
import { drift } from './drift.js';
import { emptyTable } from './empty-table.js';
import { asExpected, sourceAsExpected } from './expected.js';
import { firstNull } from './first-null.js';
import { freshness } from './freshness.js';
import { growth } from './growth.js';
import { withoutImplied } from './implied.js';
import { mean } from './mean.js';
import { nullRate } from './null-rate.js';
import { inOrder } from './order.js';
import { replicationSlot } from './replication-slot.js';
import { rowCount } from './row-count.js';
import { schema } from './schema.js';
import { schemas } from './schemas.js';
import { type CheckSettings, DEFAULT_CHECK_SETTINGS } from './settings.js';
import { share } from './share.js';
import { spread } from './spread.js';
import { unreachable } from './unreachable.js';
import { volume } from './volume.js';

export type { SourceCheck, TableCheck } from './check.js';
export { asExpected, sourceAsExpected } from './expected.js';
export { foldSchemas, withoutImplied } from './implied.js';
export {
  chooseInsertTime,
  findInsertTime,
  type InsertTimeCandidate,
  isInsertTime,
  rankInsertTimes,
} from './insert-time.js';
export { inOrder } from './order.js';
export { type CheckSettings, DEFAULT_CHECK_SETTINGS } from './settings.js';

/** Every check of a table. A new one is one file and one line here. */
export const tableChecks: readonly TableCheck[] = [
  schema,
  emptyTable,
  rowCount,
  growth,
  freshness,
  volume,
  allNull,
  firstNull,
  nullRate,
  categories,
  mean,
  drift,
  spread,
  share,
  distinct,
  customLimit,
  custom,
];

/** Every check of a source. A new one is one file and one line here. */
export const sourceChecks: readonly SourceCheck[] = [databaseGone, unreachable, databases, schemas, replicationSlot];

/** All findings about these tables, what a stronger one implies left out, in an order that the input's does not change. */
export function judgeTables(
  histories: readonly TableHistory[],
  settings: CheckSettings = DEFAULT_CHECK_SETTINGS,
): Finding[] {
  return inOrder(
    histories.flatMap((history) => {
      const findings = tableChecks.flatMap((check) => check.judge(history, settings));
      return asExpected(history, withoutImplied(findings));
    }),
  );
}

/** All findings about these sources, in an order that the input's does not change. */
export function judgeSources(
  histories: readonly SourceHistory[],
  settings: CheckSettings = DEFAULT_CHECK_SETTINGS,
): Finding[] {
  return inOrder(
    histories.flatMap((history) => {
      const findings = sourceChecks.flatMap((check) => check.judge(history, settings));
      return sourceAsExpected(history, findings);
    }),
  );
}
