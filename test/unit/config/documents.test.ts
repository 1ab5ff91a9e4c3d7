import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '#src/config/config.js';
import { allVariables, renderEnvExample, renderPolicySchema, renderSettingsReference } from '#src/config/document.js';

/** `npm run docs:schema` is this file with `-u`: it writes what it otherwise compares. */
const root = '../../..';

test('.env.example is in step with the registry', async () => {
  await expect(renderEnvExample()).toMatchFileSnapshot(join(root, '.env.example'));
});

test('docs/settings.md is in step with the registry', async () => {
  await expect(renderSettingsReference()).toMatchFileSnapshot(join(root, 'docs/settings.md'));
});

test('docs/sentinel.schema.json is in step with the schema', async () => {
  await expect(renderPolicySchema()).toMatchFileSnapshot(join(root, 'docs/sentinel.schema.json'));
});

test('.env.example names every variable with its meaning, sets no secret, and parses to the defaults', () => {
  const example = renderEnvExample();
  for (const { name, meaning, secret } of allVariables()) {
    expect(example).toMatch(new RegExp(`^# ${meaning.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}.*\\n${name}=`, 'm'));
    if (secret) expect(example).toMatch(new RegExp(`^${name}=$`, 'm'));
  }
  const cwd = mkdtempSync(join(tmpdir(), 'sentinel-config-'));
  try {
    const defaults = loadConfig({ cwd, env: {} });
    writeFileSync(join(cwd, '.env'), example);
    expect(loadConfig({ cwd, env: {} })).toEqual(defaults);
  } finally {
    rmSync(cwd, { recursive: true });
  }
});
