import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type FolderSeries, readSeriesFolder } from '#src/cli/backtest/series-folder.js';
import { renderTable } from '#src/cli/render/table.js';
import { judgeSeries } from '#src/core/detectors/index.js';
import { holtWintersScores, rollingScores, type Scores } from './support/baselines.js';
import { type DetectionFigures, scoreDetection, scoreStreams } from './support/detection-score.js';
import { formatSpread, saveResult, spread } from './support/report.js';

const METHODS: Readonly<Record<string, Scores>> = {
  '14-day z-score': rollingScores,
  'Holt-Winters': holtWintersScores,
  'the judge': (spec, points) => judgeSeries(spec, points).map(({ score }) => score),
};
const GOALS = { recallClear: '62', precisionExcused: '70', at1: '45' } as const;
const COLUMNS: readonly (readonly [keyof DetectionFigures, string])[] = [
  ['recall', 'recall'],
  ['recallClear', 'SNR ≥ 4'],
  ['precision', 'precision'],
  ['precisionExcused', 'excused'],
  ['falseDaily', 'false a year, daily'],
  ['falseHourly', 'hourly'],
  ['at1', '@1'],
  ['at3', '@3'],
];
const ROUNDS = 3;

const folder = resolve(process.argv[2] ?? join('..', 'shared', 'data', 'detection'));
if (!existsSync(join(folder, 'score.mjs')) || !existsSync(join(folder, 'dev', 'bench'))) {
  console.error(`${folder} has no score.mjs and dev/bench; name the folder that has: npm run bench:detect -- FOLDER`);
  process.exit(3);
}
const work = mkdtempSync(join(tmpdir(), 'sentinel-bench-detect-'));
try {
  await compare();
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** Every method judges the same series; the folder's own score says how well. */
async function compare(): Promise<void> {
  const bench = await seriesOf(join(folder, 'dev', 'bench', 'data'));
  const figures: Record<string, DetectionFigures> = {};
  for (const [name, scores] of Object.entries(METHODS))
    figures[name] = await scoreDetection(folder, write(name, bench, scores));
  const rows = Object.entries(figures).map(([name, each]) => [name, ...COLUMNS.map(([key]) => each[key].toFixed(1))]);
  const goals = COLUMNS.map(([key]) => (GOALS as Partial<Record<keyof DetectionFigures, string>>)[key] ?? '');
  const columns = COLUMNS.map(([, title]) => ({ title, align: 'right' as const }));
  console.log(renderTable([{ title: 'method' }, ...columns], [...rows, ['goal', ...goals]]));

  const streams = existsSync(join(folder, 'dev', 'nab')) ? await streamFigures() : null;
  const points = bench.reduce((sum, { rows: each }) => sum + each.length, 0);
  const microseconds = spread(Array.from({ length: ROUNDS }, () => (1_000 * timeMs(bench)) / points));
  console.log(
    `${bench.length} series, ${points.toLocaleString('en')} points, ${formatSpread(microseconds, 'µs a point', 1)}`,
  );
  saveResult('detect', { series: bench.length, points, figures, streams, microsecondsAPoint: microseconds });
}

async function streamFigures() {
  const series = await seriesOf(join(folder, 'dev', 'nab', 'data'));
  const figures = await scoreStreams(folder, write('streams', series, METHODS['the judge']!));
  const { standard, recall, precision, falseAYear } = figures;
  console.log(
    `\nNumenta streams, the judge: standard score ${standard}; its own alarms find ${recall} % of the windows, ` +
      `precision ${precision} %, ${falseAYear} false a series-year`,
  );
  return figures;
}

async function seriesOf(path: string): Promise<FolderSeries[]> {
  const found: FolderSeries[] = [];
  for await (const series of readSeriesFolder(path)) found.push(series);
  return found;
}

/** Writes a method's output lines to a file of the work folder, and returns its path. */
function write(name: string, series: readonly FolderSeries[], scores: Scores): string {
  const lines = series.flatMap(({ name: key, spec, rows }) => {
    const found = scores(
      spec,
      rows.map(({ point }) => point),
    );
    return rows.map(({ timestamp }, i) =>
      JSON.stringify({ series: key, timestamp, score: found[i], anomaly: found[i]! > 0.5 }),
    );
  });
  const path = join(work, `${name.replaceAll(' ', '-')}.jsonl`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

function timeMs(series: readonly FolderSeries[]): number {
  const startMs = performance.now();
  for (const { spec, rows } of series)
    judgeSeries(
      spec,
      rows.map(({ point }) => point),
    );
  return performance.now() - startMs;
}
