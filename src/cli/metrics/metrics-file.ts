import { readFile } from 'node:fs/promises';
import type { LogSystem } from '#src/adapters/logging/log-system.js';
import { replaceFile } from '../output-file.js';
import { prometheusText, readSamples } from './prometheus-text.js';
import { endFamilies } from './run-metrics.js';
import type { MetricsTarget } from './write-metrics.js';

/** The file of `--metrics-file`. */
export function metricsFile(file: string, logs: LogSystem): MetricsTarget {
  return {
    async write(end, families) {
      try {
        const previous = readSamples(await readFile(file, 'utf8').catch(() => ''));
        await replaceFile(file, prometheusText([...endFamilies(end, previous), ...families]));
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        logs.logger('orchestrator').error({ code }, `--metrics-file: ${file} cannot be written (${code})`);
      }
    },
  };
}
