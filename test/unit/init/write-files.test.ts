import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFiles } from '#src/cli/init/write-files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sentinel-write-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const FILES = ['.env', 'sentinel.yaml'].map((name) => ({ name, text: `new ${name}`, mode: 0o600 }));
const text = (name: string) => readFileSync(join(folder, name), 'utf8');

test('a file that came there in the meantime is not replaced', async () => {
  writeFileSync(join(folder, 'sentinel.yaml'), 'somebody else’s');
  await expect(writeFiles(folder, FILES, false)).rejects.toThrow(/nothing was replaced, run "sentinel init" again/);
  expect(text('sentinel.yaml')).toBe('somebody else’s');
  expect(readdirSync(folder)).toEqual(['sentinel.yaml']);
});

test('where one cannot be put down, the other is not written either', async () => {
  const missing = [...FILES, { name: 'no/such/folder', text: '', mode: 0o600 }];
  await expect(writeFiles(folder, missing, false)).rejects.toThrow(/cannot be written \(it does not exist\)/);
  expect(readdirSync(folder)).toEqual([]);
});

test('what was there is kept under the next free number', async () => {
  writeFileSync(join(folder, '.env'), 'old');
  writeFileSync(join(folder, '.env.bak-1'), 'older');
  expect(await writeFiles(folder, FILES, true)).toEqual(['.env.bak-2']);
  expect(['.env', '.env.bak-1', '.env.bak-2', 'sentinel.yaml'].map(text)).toEqual([
    'new .env',
    'older',
    'old',
    'new sentinel.yaml',
  ]);
});
