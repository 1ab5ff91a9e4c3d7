import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { METRICS } from '#src/cli/metrics/definitions.js';
import { loadConfig } from '#src/config/config.js';
import { allVariables } from '#src/config/document.js';

const ROOT = join(import.meta.dirname, '..', '..');
const DEPLOY = join(ROOT, 'docs', 'deploy');
const read = (name: string) => readFileSync(join(DEPLOY, name), 'utf8');

const HAS_PROMTOOL = spawnSync('promtool', ['--version']).error === undefined;

const METRIC_NAMES = new Set(Object.keys(METRICS));

const named = (text: string) => new Set(text.match(/\bsentinel_[a-z_]+\b/g) ?? []);
const known = (text: string) => [...named(text)].filter((name) => !METRIC_NAMES.has(name));

describe('the examples in docs/deploy', () => {
  test.skipIf(!HAS_PROMTOOL)("have rules that promtool takes (needs Debian's package prometheus)", () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', join(DEPLOY, 'alert-rules.yml')], {
      encoding: 'utf8',
    });
    expect([status, stdout + stderr]).toEqual([0, expect.stringContaining('SUCCESS')]);
  });

  test('name metrics that there are', () => {
    const { groups } = parse(read('alert-rules.yml')) as { groups: { rules: { expr: string }[] }[] };
    const rules = groups.flatMap((group) => group.rules.map(({ expr }) => expr));
    const { panels } = JSON.parse(read('grafana-dashboard.json')) as { panels: { targets: { expr: string }[] }[] };
    const shown = panels.flatMap((panel) => panel.targets.map(({ expr }) => expr));
    for (const expr of [...rules, ...shown]) expect(known(expr), expr).toEqual([]);
  });

  test('are installed with settings by which the daemon runs something', () => {
    const page = readFileSync(join(ROOT, 'docs', 'how-to.md'), 'utf8');
    const [, steps = ''] = /^## Deploy it as a daemon$.*?^```sh$(.*?)^```$/ms.exec(page) ?? [];
    const [before, after] = steps.split(/^install .*\.env sentinel\.yaml/m);
    expect(after).toContain('systemctl enable --now sentinel');
    expect(before).toMatch(/^node dist\/main\.js init --source /m);
    const cwd = mkdtempSync(join(tmpdir(), 'sentinel-deploy-'));
    try {
      writeFileSync(join(cwd, '.env'), 'SENTINEL_SOURCES=batch\n');
      execFileSync('sh', ['-c', /^echo .*$/m.exec(before!)![0]], { cwd });
      expect(loadConfig({ cwd, env: {} }).schedules).toMatchObject([{ command: 'run', cron: '0 6 * * *' }]);
    } finally {
      rmSync(cwd, { recursive: true });
    }
  });

  test('set variables that there are', () => {
    const { services } = parse(read('compose.yaml')) as {
      services: { sentinel: { environment: Record<string, string>; secrets: string[] } };
    };
    const names = new Set(allVariables().map(({ name }) => name));
    const own = [...read('Dockerfile').matchAll(/\b((?:SENTINEL|HTTP|LOG)_\w+)=/g)].map(([, name]) => name!);
    expect(own).toContain('HTTP_HOST');
    for (const name of [...Object.keys(services.sentinel.environment), ...own]) expect(names, name).toContain(name);
  });

  test('build with compiler and bundler, whose programs are optional packages', () => {
    const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { optional?: boolean }>;
    };
    const optional = Object.keys(packages).filter((name) => packages[name]!.optional);
    expect(optional).toContain('node_modules/@esbuild/linux-x64');
    const [before] = read('Dockerfile').split('npm run build');
    expect(before).toMatch(/^RUN npm ci$/m);
  });
});
