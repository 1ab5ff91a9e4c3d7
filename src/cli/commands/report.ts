import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { RunSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import { compileTablePolicies } from '#src/config/policy.js';
import { collectReport } from '#src/report/collect.js';
import { pageAssets } from '#src/report/page-assets.js';
import { renderPage } from '#src/report/template.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeLine } from '../io.js';
import { loadSettings } from '../load-settings.js';
import type { SelectionOptions } from '../options.js';
import { formatBytes, formatCount } from '../render/format.js';
import { openMetadata } from '../run-store.js';
import { selectSources, tableFilter } from '../selection.js';

export interface ReportOptions extends Pick<SelectionOptions, 'source' | 'table'> {
  readonly output: string;
  /** Label of a run; the newest one where absent. */
  readonly run?: string;
  readonly unmask?: boolean;
}

/** Write what the store knows as one HTML file. */
export async function reportCommand(options: ReportOptions, io: Io): Promise<number> {
  const config = loadSettings(io);
  const sources = selectSources(config, options.source).map(({ name }) => name);
  const wanted = tableFilter(config, options);
  const store = await openMetadata(config, () => undefined);
  try {
    const data = await collectReport(store, {
      run: await reportedRun(store, options.run),
      madeAt: new Date(),
      sources,
      wanted,
      tablePolicy: compileTablePolicies(config.policy.tables),
      judge: config.policy.checks.settings.judge,
      unmask: options.unmask === true,
    });
    const page = Buffer.from(renderPage(data, await pageAssets()));
    const path = resolve(io.cwd, options.output);
    await writeReport(path, page);
    const of = formatCount(data.tables.length, 'table');
    writeLine(io.stdout, `Report of ${of}: ${path} (${formatBytes(page.length)}); open it in a browser.`);
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

async function reportedRun(store: Store, label: string | undefined): Promise<RunSummary> {
  const run = await store.latestRun(label === undefined ? { states: ['finished', 'interrupted'] } : { label });
  if (run) return run;
  if (label === undefined)
    throw new CliError(
      'there is nothing to report yet: run "sentinel run" first, or "sentinel demo" to see an example',
    );
  const known = (await store.listRuns({ limit: 3 })).map((each) => each.label);
  const have = known.length === 0 ? 'there are no runs yet' : `the newest are ${known.join(', ')}`;
  throw new CliError(`--run: no run is labelled "${label}"; ${have}`);
}

async function writeReport(path: string, page: Buffer): Promise<void> {
  try {
    await writeFile(path, page);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new CliError(
      `--output: ${path} cannot be written (${code}); name a file in a folder that exists and is yours`,
    );
  }
}
