import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** Several measurements of one thing. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
  return { min: sorted[0]!, median, max: sorted.at(-1)! };
}

/** `4.21 (4.05–4.60) s` */
export function formatSpread({ min, median, max }: Spread, unit: string, digits = 2): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)}) ${unit}`;
}

export function machine(): Record<string, unknown> {
  const model = cpus()[0]?.model ?? 'unknown';
  return {
    cores: cpus().length,
    model,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    kernel: release(),
    node: process.version,
  };
}

/** Keep a benchmark's figures beside the earlier ones of the same name. */
export function saveResult(name: string, figures: object): void {
  const folder = join('benchmarks', 'results');
  mkdirSync(folder, { recursive: true });
  const record = { benchmark: name, at: new Date().toISOString(), machine: machine(), ...figures };
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(record, null, 2)}\n`);
}
