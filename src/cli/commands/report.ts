import { writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { ENDED, type RunSummary } from '#src/adapters/store/records.js';
import type { Store } from '#src/adapters/store/store.js';
import { type Config, tablePolicies } from '#src/config/config.js';
import { compileTablePolicies } from '#src/config/policy.js';
import { collectReport } from '#src/report/collect.js';
import { pageAssets } from '#src/report/page-assets.js';
import { renderPage } from '#src/report/template.js';
import { reportOn, writeAuditLog } from '../audit-log.js';
import { CliError, EXIT } from '../exit-code.js';
import { type Io, writeLine } from '../io.js';
import { labelledRun } from '../labelled-run.js';
import { loadSettings } from '../load-settings.js';
import type { SelectionOptions } from '../options.js';
import { checkOutputFile, unwritableFile } from '../output-file.js';
import { personName } from '../person.js';
import { formatBytes, formatCount } from '../render/format.js';
import { openMetadata, orUsageError } from '../run-store.js';
import { selectSources, tableFilter } from '../selection.js';
import { unmatched } from '../unmatched.js';

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
  const path = resolve(io.cwd, options.output);
  await checkOutputFile('--output', path);
  const store = await openMetadata(config, () => undefined);
  try {
    const run = await reportedRun(store, options.run);
    const data = await collectReport(store, {
      run,
      madeAt: new Date(),
      sources,
      wanted,
      tablePolicy: compileTablePolicies(tablePolicies(config)),
      judge: { settings: config.policy.checks.settings.judge },
      unmask: options.unmask === true,
    });
    const selection = unmatched({ include: [] }, options);
    for (const table of data.tables) selection.saw(table);
    const [failure] = selection.failures(`of ${sources.join(', ')} that is reported`);
    if (failure) throw new CliError(`--table: ${failure.message}`);
    if (options.unmask) await orUsageError(() => recordUnmasking(store, config, run, options, io));
    const page = Buffer.from(renderPage(data, await pageAssets()));
    await writeReport(path, page);
    const of = formatCount(data.tables.length, 'table');
    writeLine(io.stdout, `Report of ${of}: ${path} (${formatBytes(page.length)}); open it in a browser.`);
    return EXIT.ok;
  } finally {
    await store.close();
  }
}

/** Who sees personal values is part of the audit trail; where it cannot be written now, they are not shown. */
async function recordUnmasking(
  store: Store,
  config: Config,
  { label }: RunSummary,
  options: ReportOptions,
  io: Io,
): Promise<void> {
  const actor = personName(io);
  const writer = await store.acquireWriter(`report --unmask by ${actor}`);
  try {
    const details = { command: 'report', host: hostname(), options: JSON.stringify(options) };
    const event = { incident: null, run: label, at: new Date(), actor, action: 'unmasked', reason: null, details };
    await writer.appendAuditEvents([event]);
    await writeAuditLog(store, config, reportOn(io, config));
  } finally {
    await writer.release();
  }
}

async function reportedRun(store: Store, label: string | undefined): Promise<RunSummary> {
  if (label !== undefined) return labelledRun(store, label, '--run');
  const run = await store.latestRun({ states: ENDED });
  if (run) return run;
  throw new CliError('there is nothing to report yet: run "sentinel run" first, or "sentinel demo" to see an example');
}

async function writeReport(path: string, page: Buffer): Promise<void> {
  try {
    await writeFile(path, page);
  } catch (error) {
    throw unwritableFile('--output', path, error);
  }
}
