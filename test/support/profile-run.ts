import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { TableProfile } from '#src/core/model/profile.js';
import { runCli } from './cli.js';

export type TableLine = TableProfile & { readonly type: 'table' };

export interface ProfileRun {
  readonly code: number | null;
  /** By name, `source.schema.table` in order of the alphabet, without how long they took. */
  readonly tables: readonly TableLine[];
  readonly findings: readonly Record<string, unknown>[];
  readonly summary: Readonly<Record<string, unknown>>;
  /** How many chunks each table was read in that was read in chunks, by `source.schema.table`. */
  readonly chunks: Readonly<Record<string, number>>;
  readonly stderr: string;
}

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Runs `profile --json` (or `run --json`) in a process of its own and reads what it wrote. */
export async function profileRun(
  env: Readonly<Record<string, string>>,
  command: 'profile' | 'run' = 'profile',
): Promise<ProfileRun> {
  const cwd = mkdtempSync(join(tmpdir(), 'sentinel-figures-'));
  folders.push(cwd);
  const { code, stdout, stderr } = await runCli([command, '--json', '--unmask'], {
    entry: 'dist',
    cwd,
    env: { LOG_DIR: 'logs', LOG_FORMAT: 'json', MAX_RETRY_ATTEMPTS: '0', ...env },
  });
  const lines = parseLines(stdout);
  const summary = lines.at(-1);
  if (summary?.type !== 'summary')
    throw new Error(`${command} ended with ${code} and no summary:\n${stdout}\n${stderr}`);
  const tables = lines.filter(({ type }) => type === 'table') as unknown as TableLine[];
  return {
    code,
    tables: tables.map((table) => ({ ...table, durationMs: 0 })).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1)),
    findings: lines.filter(({ type }) => type === 'finding'),
    summary,
    chunks: Object.fromEntries(
      parseLines(readFileSync(join(cwd, 'logs', 'profiler.log'), 'utf8'))
        .filter((record) => record.chunks !== undefined)
        .map(({ source, table, chunks }) => [`${source}.${table}`, chunks as number]),
    ),
    stderr,
  };
}

function nameOf({ source, schema, table }: Pick<TableProfile, 'source' | 'schema' | 'table'>): string {
  return `${source}.${schema}.${table}`;
}

export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What a database may say of how values are written; no figure depends on it. */
export const ODD_SETTINGS = [
  `timezone = 'Asia/Kolkata'`,
  `datestyle = 'German'`,
  `intervalstyle = 'iso_8601'`,
  'extra_float_digits = -5',
  `bytea_output = 'escape'`,
];

/** What no sketch approximates: columns in their dictionary whole, of the others what is counted. */
export function exactFigures(table: TableProfile) {
  return {
    name: nameOf(table),
    rowCount: table.rowCount,
    columns: table.columns.map((column) => {
      if (column.distinct?.exact) return column;
      const { distinct: _, quantiles, topValues, mean, stddev, ...exact } = column;
      return exact;
    }),
  };
}
