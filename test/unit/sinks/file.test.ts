import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { file } from '#src/adapters/sinks/file.js';
import { sampleAlert } from '#src/cli/sample-alert.js';

const alert = sampleAlert('5b0ed0ae-4a1c-4c79-a0a5-2d9d0f6c7a11', new Date('2026-01-02T03:04:05.678Z'));
const never = new AbortController().signal;

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'sentinel-file-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}
const append = (path: string) => file.open({ alertFile: path })!.deliver(alert, never);

test('each alert is one line at the end, as the webhook would get it, in a file of its owner alone', async () => {
  const path = join(folder(), 'alerts.jsonl');
  for (let i = 0; i < 3; i++) expect(await append(path)).toEqual({ result: 'delivered' });
  expect(readFileSync(path, 'utf8')).toBe(`${JSON.stringify(alert)}\n`.repeat(3));
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a line that was torn by a crash is ended, so that the next one can be read', async () => {
  const path = join(folder(), 'alerts.jsonl');
  writeFileSync(path, '{"version":1,"id":"5b0');
  await append(path);
  await append(path);
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.slice(1)).toEqual([JSON.stringify(alert), JSON.stringify(alert), '']);
});

test('what others append in between stays', async () => {
  const path = join(folder(), 'alerts.jsonl');
  await append(path);
  appendFileSync(path, 'theirs\n');
  await append(path);
  expect(readFileSync(path, 'utf8').split('\n')).toEqual([JSON.stringify(alert), 'theirs', JSON.stringify(alert), '']);
});

test('a folder that is missing, or in the place of the file, is said, and tried again', async () => {
  const inside = folder();
  expect(await append(join(inside, 'none', 'x'))).toMatchObject({
    result: 'retry',
    failure: {
      code: 'ENOENT',
      message: expect.stringMatching(/its folder does not exist; make it, or correct ALERT_FILE$/),
    },
  });
  mkdirSync(join(inside, 'x'));
  expect(await append(join(inside, 'x'))).toMatchObject({ result: 'retry', failure: { code: 'EISDIR' } });
});

test('what is no file is refused', async () => {
  expect(await append('/dev/null')).toEqual({
    result: 'failed',
    failure: { code: 'no_file', message: '/dev/null is no file; set ALERT_FILE to one' },
  });
});
