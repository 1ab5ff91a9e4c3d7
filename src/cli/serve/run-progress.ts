import type { RunningRun } from '#src/adapters/http/ports.js';
import type { RunView } from '../run-view.js';

/** How far a run is, counted as it tells; `changed` is called whenever it told of something. */
export function runProgress(changed: () => void): {
  readonly view: RunView;
  facts(): Pick<RunningRun, 'tables' | 'rows' | 'bytes'>;
} {
  const tables = { listed: 0, done: 0, failed: 0 };
  let { rows, bytes } = { rows: 0, bytes: 0 };
  return {
    facts: () => ({ tables: { ...tables }, rows, bytes }),
    view: {
      sourceDiscovered(_, count) {
        tables.listed += count;
        changed();
      },
      sourceFailed() {},
      sourceLags() {},
      sourceLost() {},
      sourceRecovered() {},
      tableDone({ profile }) {
        tables.done++;
        if (profile.status === 'failed') tables.failed++;
        changed();
      },
      progress(_, moreRows, moreBytes) {
        rows += moreRows;
        bytes += moreBytes;
        changed();
      },
      finding() {},
      incident() {},
      finish() {},
    },
  };
}
