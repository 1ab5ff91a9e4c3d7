import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { parseSeriesCsv, SeriesCsvError, type SeriesRow } from '#src/core/backtest/series-csv.js';
import type { SeriesKind, SeriesSpec } from '#src/core/model/series.js';
import { CliError } from '../exit-code.js';

/** A series of a folder: its name in the output, what its points are, and its rows. */
export interface FolderSeries {
  readonly name: string;
  readonly spec: SeriesSpec;
  readonly rows: readonly SeriesRow[];
}

const KINDS: ReadonlySet<string> = new Set<SeriesKind>([
  'row_count',
  'cumulative',
  'distinct',
  'rate',
  'null_rate',
  'mean',
  'freshness',
  'stream',
]);
const MANIFESTS = ['manifest.json', 'labels.json'] as const;

/**
 * Every `.csv` file below a folder, by name. What a series is comes from a manifest in the folder or its parent, of which only
 * `kind` and `interval` are read; a file that it does not name is a `stream`. Throws CliError naming file and line.
 */
export async function* readSeriesFolder(folder: string): AsyncGenerator<FolderSeries> {
  const files = (await listFolder(folder)).filter((name) => name.endsWith('.csv')).sort();
  if (files.length === 0) throw new CliError(`--input: there is no .csv file below ${folder}`);
  const manifest = await readManifest(folder);
  for (const file of files) {
    const key = file.slice(0, -'.csv'.length);
    const spec = manifest.get(key);
    const rows = parse(join(folder, file), await readFile(join(folder, file), 'utf8'));
    yield { name: spec ? key : file, spec: spec ?? { kind: 'stream' }, rows };
  }
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    if (!(await stat(folder)).isDirectory()) throw new CliError(`--input: ${folder} is a file; name a folder`);
    const names = await readdir(folder, { recursive: true });
    return names.map((name) => relative('.', name).split(sep).join('/'));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`--input: ${folder} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

function parse(path: string, text: string): SeriesRow[] {
  try {
    return parseSeriesCsv(text);
  } catch (error) {
    if (error instanceof SeriesCsvError) throw new CliError(`${path}:${error.line}: ${error.message}`);
    throw error;
  }
}

async function readManifest(folder: string): Promise<ReadonlyMap<string, SeriesSpec>> {
  for (const place of [folder, dirname(resolve(folder))])
    for (const name of MANIFESTS) {
      const path = join(place, name);
      const text = await readFile(path, 'utf8').catch(() => null);
      if (text !== null) return manifestOf(path, text);
    }
  return new Map();
}

function manifestOf(path: string, text: string): Map<string, SeriesSpec> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new CliError(`${path}: ${(error as Error).message}; it must be a JSON object of series`);
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new CliError(`${path}: it must be a JSON object: { "<file without .csv>": { "kind", "interval" } }`);
  return new Map(Object.entries(content).map(([name, entry]) => [name, specOf(path, name, entry)]));
}

function specOf(path: string, name: string, entry: unknown): SeriesSpec {
  const { kind, interval } = (entry ?? {}) as { kind?: unknown; interval?: unknown };
  if (typeof kind !== 'string' || !KINDS.has(kind))
    throw new CliError(`${path}: "${name}" has kind ${JSON.stringify(kind)}; allowed are ${[...KINDS].join(', ')}`);
  if (interval === undefined) return { kind: kind as SeriesKind };
  if (interval !== 'D' && interval !== 'H')
    throw new CliError(`${path}: "${name}" has interval ${JSON.stringify(interval)}; allowed are "D" and "H"`);
  return { kind: kind as SeriesKind, interval };
}
