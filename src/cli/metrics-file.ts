import { constants } from 'node:fs';
import { access, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Finding, Severity } from '#src/core/model/finding.js';
import { CliError } from './exit-code.js';
import type { RunSummaryRecord, RunTally } from './run-view.js';

/** More tables than this would be more series than a Prometheus server should be given by one job. */
const MAX_TABLES = 5_000;
const SEVERITIES: readonly Severity[] = ['info', 'warn', 'critical'];

/** Ends with exit 3 where the file's folder is not there or not ours to write; called before anything else is done. */
export async function checkMetricsFile(file: string): Promise<void> {
  await access(dirname(file), constants.W_OK).catch((error: NodeJS.ErrnoException) => {
    throw new CliError(
      `--metrics-file: ${file} cannot be written (${error.code}); name a file in a folder that exists and may be written`,
    );
  });
}

/**
 * Write a run's figures in the Prometheus text format, for the node exporter's textfile collector. The file is replaced in one step:
 * a scrape never sees half of it. Rejects with an Error for people where it cannot be written.
 */
export async function writeMetricsFile(
  file: string,
  summary: RunSummaryRecord,
  findings: readonly Finding[],
  tally: RunTally,
): Promise<void> {
  const staging = join(dirname(file), `.${process.pid}.sentinel-metrics`);
  try {
    await writeFile(staging, metricsText(summary, findings, tally));
    await rename(staging, file);
  } catch (error) {
    await rm(staging, { force: true }).catch(() => undefined);
    throw new Error(`--metrics-file: ${file} cannot be written (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** Base units, `sentinel_` prefix, labels source, schema and table only. */
export function metricsText(summary: RunSummaryRecord, findings: readonly Finding[], tally: RunTally): string {
  const gauge = (name: string, help: string, samples: readonly [labels: Record<string, string>, value: number][]) => [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}`),
  ];
  const { tables } = summary;
  const rows = tally.outcomes
    .filter((outcome) => outcome.rowCount !== undefined)
    .slice(0, MAX_TABLES)
    .map(({ source, schema, table, rowCount }): [Record<string, string>, number] => [
      { source, schema, table },
      rowCount ?? 0,
    ]);
  const bySeverity = SEVERITIES.map((severity): [Record<string, string>, number] => [
    { severity },
    findings.filter((finding) => finding.severity === severity).length,
  ]);
  const byStatus = Object.entries(tables).map(([status, count]): [Record<string, string>, number] => [
    { status },
    count,
  ]);
  return [
    ...gauge('sentinel_run_duration_seconds', 'Wall time of the last run.', [[{}, summary.durationMs / 1000]]),
    ...gauge('sentinel_run_incomplete', '1 where a source or table could not be judged in the last run.', [
      [{}, summary.incomplete ? 1 : 0],
    ]),
    ...gauge('sentinel_run_finished_timestamp_seconds', 'When the last run ended, Unix time.', [
      [{}, Date.now() / 1000],
    ]),
    ...gauge('sentinel_run_rows', 'Rows read by the last run.', [[{}, summary.rows]]),
    ...gauge('sentinel_run_read_bytes', 'Bytes read from the sources by the last run.', [[{}, summary.bytes]]),
    ...gauge('sentinel_run_connections_max', 'Most connections open at a time to one source.', [
      [{}, summary.connectionsMax],
    ]),
    ...gauge('sentinel_tables', 'Tables of the last run by outcome.', byStatus),
    ...gauge('sentinel_findings', 'Findings of the last run by severity.', bySeverity),
    ...gauge('sentinel_table_rows', 'Rows of a table.', rows),
    '',
  ].join('\n');
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
