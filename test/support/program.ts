import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { TestDatabase } from './postgres.js';

/** What every end-to-end test gives the program: few threads and short waits, so that a run takes a moment. */
const QUICK = {
  CONCURRENT_WORKERS: '1',
  INITIAL_RETRY_DELAY: '0.01',
  MAX_RETRY_DELAY: '0.02',
  MAX_RETRY_ATTEMPTS: '1',
  CONNECT_TIMEOUT: '2',
} as const;

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty working directory, removed after the test file. */
export function workFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sentinel-e2e-'));
  folders.push(folder);
  return folder;
}

/** The same with a sentinel.yaml by which databases that other test files make and drop on the same server are no news. */
export function secludedFolder(): string {
  const folder = workFolder();
  writeFileSync(join(folder, 'sentinel.yaml'), 'checks: { disabled: [databases] }\n');
  return folder;
}

/** Settings that name each database as a source: `{ batch: one, cdc: two }`; the store lives in the first. */
export function settings(
  sources: Readonly<Record<string, TestDatabase>>,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const named = Object.entries(sources).map(([name, database]) => database.environment(`${name.toUpperCase()}_DB`));
  return { ...QUICK, SENTINEL_SOURCES: Object.keys(sources).join(','), ...Object.assign({}, ...named), ...more };
}

/** A line of `--json`. */
export type Line = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Every line of stdout as an object; throws where one is no JSON. */
export function jsonLines(stdout: string): Line[] {
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

/** The lines of one type. */
export function linesOf(stdout: string, type: string): Line[] {
  return jsonLines(stdout).filter((line) => line.type === type);
}

/** `source.schema.table` of table lines, sorted. */
export function tableNames(stdout: string): string[] {
  return linesOf(stdout, 'table')
    .map(({ source, schema, table }) => `${source}.${schema}.${table}`)
    .sort();
}

/** Every finding as `severity check source.schema.table.column`, sorted. */
export function findingNames(stdout: string): string[] {
  return linesOf(stdout, 'finding')
    .map(({ severity, check, source, schema, table, column }) =>
      [severity, check, [source, schema, table, column].filter((part) => part != null).join('.')].join(' '),
    )
    .sort();
}

/** Every file below a folder with its content. */
export function filesOf(folder: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (statSync(path).isFile()) files[name] = readFileSync(path, 'utf8');
  }
  return files;
}
