import { resolve } from 'node:path';
import { createSeriesJudge, DEFAULT_JUDGE_SETTINGS } from '#src/core/detectors/index.js';
import { readSeriesFolder } from '../backtest/series-folder.js';
import { backtestStore, type StoreBacktestOptions } from '../backtest/store-backtest.js';
import { EXIT } from '../exit-code.js';
import { type Io, writeJson, writeLine } from '../io.js';
import { formatCount, formatNumber } from '../render/format.js';
import { renderTable } from '../render/table.js';

export interface BacktestOptions extends StoreBacktestOptions {
  /** Folder of CSV files; the stored history where absent. */
  readonly input?: string;
}

/** Judge series point by point, each point once and in order, as `detect` would have. */
export async function backtestCommand(options: BacktestOptions, io: Io): Promise<number> {
  if (options.input === undefined) return backtestStore(options, io);
  const rows: string[][] = [];
  let [points, anomalies] = [0, 0];
  for await (const { name, spec, rows: known } of readSeriesFolder(resolve(io.cwd, options.input))) {
    const judge = createSeriesJudge(spec, DEFAULT_JUDGE_SETTINGS);
    const found: string[] = [];
    for (const { timestamp, point } of known) {
      const { score, anomaly } = judge.observe(point);
      if (options.json) writeJson(io, { series: name, timestamp, score, anomaly });
      if (anomaly) found.push(timestamp);
    }
    points += known.length;
    anomalies += found.length;
    rows.push([name, spec.kind, String(known.length), String(found.length), found.at(-1) ?? '']);
  }
  const total = `${formatNumber(rows.length)} series, ${formatCount(points, 'point')}, ${formatNumber(anomalies)} anomalous`;
  if (options.json) writeLine(io.stderr, total);
  else {
    const right = { align: 'right' } as const;
    const columns = [
      { title: 'series' },
      { title: 'kind' },
      { title: 'points', ...right },
      { title: 'anomalies', ...right },
      { title: 'newest' },
    ];
    writeLine(io.stdout, `${renderTable(columns, rows)}\n\n${total}`);
  }
  return EXIT.ok;
}
