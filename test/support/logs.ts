import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect } from 'vitest';
import { createLogSystem, type LogSystem, type LogSystemOptions } from '#src/adapters/logging/log-system.js';
import type { LogSettings } from '#src/config/config.js';

/** Lets a process or thread outside vitest load the TypeScript sources; `--import tsx` itself does nothing in a worker thread of Node 20. */
const REGISTER_TSX = `import { register } from '${import.meta.resolve('tsx/esm/api')}'; register();`;
export const TSX_FLAGS = [
  '--import',
  `data:text/javascript,${encodeURIComponent(REGISTER_TSX)}`,
  '--conditions',
  '@sentinel/source',
];

/** A folder of its own for each test of the file: `dir()`. */
export function logFolder(): () => string {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'sentinel-logs-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  return () => dir;
}

/** A log system on a folder; `shown` is what its console was told since it was last asked. */
export function openLogs(
  dir: string,
  settings: Partial<LogSettings> = {},
  options: Partial<LogSystemOptions> = {},
): LogSystem & { shown(): string } {
  const console = new PassThrough({ encoding: 'utf8' });
  const logs = createLogSystem(
    { dir, maxBytes: 10 * 2 ** 20, backupCount: 5, level: 'info', componentLevels: {}, format: 'auto', ...settings },
    { console, quiet: false, ...options },
  );
  return { ...logs, shown: () => (console.read() as string | null) ?? '' };
}

/** Every line of a log and its archives; fails where a file ends within a line. */
export function readLogLines(dir: string, name: string): string[] {
  return readdirSync(dir)
    .filter((file) => file.startsWith(name))
    .flatMap((file) => {
      const bytes = readFileSync(join(dir, file));
      const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
      expect(text === '' || text.endsWith('\n')).toBe(true);
      return text.split('\n').slice(0, -1);
    });
}
