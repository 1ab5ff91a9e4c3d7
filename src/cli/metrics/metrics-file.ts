import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LogSystem } from '#src/adapters/logging/log-system.js';
import { prometheusText, readSamples } from './prometheus-text.js';
import { endFamilies } from './run-metrics.js';
import type { MetricsTarget } from './write-metrics.js';

/** The file of `--metrics-file`. It is replaced in one step: a scrape never sees half of it. */
export function metricsFile(file: string, logs: LogSystem): MetricsTarget {
  const staging = join(dirname(file), `.${process.pid}.sentinel-metrics`);
  return {
    async write(end, families) {
      try {
        const previous = readSamples(await readFile(file, 'utf8').catch(() => ''));
        await writeFile(staging, prometheusText([...endFamilies(end, previous), ...families]));
        await rename(staging, file);
      } catch (error) {
        await rm(staging, { force: true }).catch(() => undefined);
        const { code } = error as NodeJS.ErrnoException;
        logs.logger('orchestrator').error({ code }, `--metrics-file: ${file} cannot be written (${code})`);
      }
    },
  };
}
