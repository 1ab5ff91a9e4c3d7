import { ENDED, type RunSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import { compareFindings } from '#src/core/diff/compare-findings.js';
import { compareRuns } from '#src/core/diff/compare-runs.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { labelledRun } from '../labelled-run.js';
import { loadSettings } from '../load-settings.js';
import type { SelectionOptions } from '../options.js';
import { type RunDifference, renderDiff } from '../render/diff.js';
import { openMetadata } from '../run-store.js';
import { selectSources, tableFilter } from '../selection.js';
import { terminal } from '../terminal.js';

export interface DiffOptions extends SelectionOptions {
  readonly minChange: number;
  readonly json?: boolean;
}

/** Print what changed between two runs: by default the two newest, with one label that run and the newest. */
export async function diffCommand(labels: readonly string[], options: DiffOptions, io: Io): Promise<number> {
  const config = loadSettings(io);
  const sources = new Set(selectSources(config, options.source).map(({ name }) => name));
  const wanted = tableFilter(config, options);
  const store = await openMetadata(config, () => undefined);
  try {
    const [before, after] = await runsOf(store, labels);
    const tables = compareRuns(await store.readBoth(before.id, after.id), { minPercent: options.minChange });
    const findingsOf = async ({ id }: RunSummary) =>
      (await store.findingsOf(id)).filter(
        ({ source, schema, table }) =>
          sources.has(source) && (schema === null || table === null || wanted({ source, schema, table })),
      );
    const difference: RunDifference = {
      ...{ before, after },
      tables: tables.filter((table) => sources.has(table.source) && wanted(table)),
      ...compareFindings(await findingsOf(before), await findingsOf(after)),
    };
    if (options.json) for (const line of jsonLines(difference)) writeJson(io, line);
    else writeLine(io.stdout, renderDiff(difference, terminal(io)));
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

async function runsOf(store: Store, [first, second]: readonly string[]): Promise<[RunSummary, RunSummary]> {
  const newest = await store.listRuns({ states: ENDED, limit: 2 });
  if (newest.length === 0) throw new CliError('there is nothing to compare yet: run "sentinel run" first');
  const after = second === undefined ? newest[0]! : await labelledRun(store, second, 'RUN2');
  const before = first === undefined ? newest[1] : await labelledRun(store, first, 'RUN1');
  if (!before) throw new CliError('there is one run only, and nothing to compare it with: run "sentinel run" again');
  if (before.id === after.id)
    throw new CliError(`both are run ${after.label}: name an earlier run, "sentinel diff RUN1 RUN2"`);
  return [before, after];
}

/** Tables that are the same are in the last line's count alone. */
function* jsonLines({ before, after, tables, appeared, disappeared }: RunDifference) {
  for (const table of tables) if (table.change !== 'same') yield { type: 'table_difference', ...table };
  for (const finding of appeared)
    yield { type: 'finding_difference', change: 'appeared', finding: { type: 'finding', ...finding } };
  for (const finding of disappeared)
    yield { type: 'finding_difference', change: 'disappeared', finding: { type: 'finding', ...finding } };
  const count = (change: string) => tables.filter((table) => table.change === change).length;
  yield {
    type: 'difference',
    ...{ before: before.label, after: after.label },
    tables: {
      ...{ new: count('new'), gone: count('gone'), changed: count('changed') },
      ...{ unread: count('unread'), same: count('same') },
    },
    findings: { appeared: appeared.length, disappeared: disappeared.length },
  };
}
