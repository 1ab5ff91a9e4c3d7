import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What `score.mjs` of a benchmark folder says of a method's output on its injected series; per cent, and alarms a series-year. */
export interface DetectionFigures {
  readonly recall: number;
  readonly recallClear: number;
  readonly precision: number;
  readonly precisionExcused: number;
  readonly falseDaily: number;
  readonly falseHourly: number;
  /** Recall where the threshold gives so many false alarms per 1,000 points. */
  readonly at1: number;
  readonly at3: number;
}

/** What it says of a method's output on the Numenta streams. */
export interface StreamFigures {
  readonly standard: number;
  readonly recall: number;
  readonly precision: number;
  readonly falseAYear: number;
}

const run = promisify(execFile);

/** Scores a file of output lines by the injected incidents of `<folder>/dev`. Throws where score.mjs fails. */
export async function scoreDetection(folder: string, output: string): Promise<DetectionFigures> {
  const said = await score(folder, '--bench', output);
  const figure = (pattern: RegExp) => figureIn(said, pattern);
  return {
    recall: figure(/^recall ([\d.]+)/m),
    recallClear: figure(/recall\(snr>=4\) ([\d.]+)/),
    precision: figure(/precision strict ([\d.]+)/),
    precisionExcused: figure(/precision strict [\d.]+ excused ([\d.]+)/),
    falseDaily: figure(/daily [\d.]+ \(excused ([\d.]+)\)/),
    falseHourly: figure(/hourly [\d.]+ \(excused ([\d.]+)\)/),
    at1: figure(/at 1 excused FA\/1000 points ([\d.]+)/),
    at3: figure(/at 3: ([\d.]+)/),
  };
}

/** Scores a file of output lines by the Numenta windows of `<folder>/dev`. Throws where score.mjs fails. */
export async function scoreStreams(folder: string, output: string): Promise<StreamFigures> {
  const said = await score(folder, '--nab', output);
  const figure = (pattern: RegExp) => figureIn(said, pattern);
  return {
    standard: figure(/over this half\): standard (-?[\d.]+)/),
    recall: figure(/window recall ([\d.]+)/),
    precision: figure(/window recall [\d.]+ {2}precision ([\d.]+)/),
    falseAYear: figure(/false alarms per series-year ([\d.]+)\s*$/),
  };
}

async function score(folder: string, part: '--bench' | '--nab', output: string): Promise<string> {
  const { stdout } = await run(process.execPath, [join(folder, 'score.mjs'), join(folder, 'dev'), part, output]);
  return stdout;
}

/** NaN where the figure is a dash: no threshold is strict enough. */
function figureIn(said: string, pattern: RegExp): number {
  return Number(pattern.exec(said)?.[1] ?? Number.NaN);
}
