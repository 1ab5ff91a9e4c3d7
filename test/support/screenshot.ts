import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { freePort } from '#src/adapters/embedded/server.js';
import { demoCommand } from '#src/cli/commands/demo.js';
import { startDemoServers } from '#src/demo/servers.js';
import { openPage, startChromium } from './browser.js';
import { startCli } from './cli.js';

/**
 * Makes the pictures of the documentation: the demo, its report, and the live page of a daemon on the demo's store, as Chromium
 * shows them on a desk and on a phone.
 */
const IMAGES = join(import.meta.dirname, '..', '..', 'docs', 'images');
const DESK = { width: 1180, height: 860 };
const PHONE = { width: 390, height: 844 };
/** Of the demo at its first seed: half of its load is missing. */
const TABLE = 'batch.sales.shipments';

interface View {
  readonly file: string;
  readonly viewport: { readonly width: number; readonly height: number };
  readonly hash?: string;
  /** Is there when the page is. */
  readonly shows: string;
  /** What the picture begins with; the top of the page when absent. */
  readonly from?: string;
}

async function take(
  browser: Browser,
  address: string,
  { file, viewport, hash = '', shows, from }: View,
): Promise<void> {
  const { page, close } = await openPage(browser, address + hash, { viewport, colorScheme: 'light' });
  await page.waitForSelector(shows);
  const drawn = () => page.waitForTimeout(500); // charts are drawn when they are seen
  await drawn();
  if (from !== undefined) {
    await page.evaluate(`document.querySelector(${JSON.stringify(from)}).scrollIntoView({ behavior: 'instant' })`);
    await drawn();
  }
  const path = join(IMAGES, file);
  await page.screenshot({ path });
  console.log(`${path}: ${Math.round(statSync(path).size / 1024)} KiB`);
  await close();
}

async function takeLive(browser: Browser, folder: string): Promise<void> {
  const demo = join(folder, '.sentinel', 'demo');
  const servers = await startDemoServers({ folder: demo, say: console.log });
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}/`;
  const env = { ...servers.environment, HTTP_PORT: String(port), SCHEDULE: '0 6 * * *' };
  const daemon = startCli(['serve'], { cwd: demo, env });
  try {
    await daemon.saying(/this instance is active/);
    const answer = await fetch(`${origin}api/v1/incidents`);
    const { incidents } = (await answer.json()) as { incidents: { id: string; title: string }[] };
    const half = incidents.find(({ title }) => title.startsWith('sales.shipments got'));
    if (half === undefined) throw new Error('the demo has no incident of the half load');
    const views: View[] = [
      {
        file: 'tables.png',
        viewport: { ...DESK, height: 600 },
        shows: '.overview .tables',
        from: '[aria-label="Tables by day"]',
      },
      { file: 'table.png', viewport: DESK, hash: `#/table/${TABLE}`, shows: '.table-view h1' },
      { file: 'runs.png', viewport: { ...DESK, height: 300 }, hash: '#/runs', shows: '.runs tbody tr' },
      { file: 'phone.png', viewport: PHONE, shows: '.overview .tables' },
    ];
    for (const view of views) await take(browser, origin, view);
    await fetch(`${origin}api/v1/incidents/${half.id}/acknowledge`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-sentinel-request': '1' },
      body: JSON.stringify({ reason: 'asked the carrier in Germany', actor: 'Ada' }),
    });
    const page = { hash: `#/incident/${half.id}`, shows: 'td:has-text("Ada")' };
    await take(browser, origin, { file: 'incident.png', viewport: { ...DESK, height: 700 }, ...page });
  } finally {
    await daemon.kill('SIGTERM');
    await servers.stop();
  }
}

// the servers may run under another account, which must reach their data
const folder = mkdtempSync('/var/tmp/sentinel-screenshot-');
chmodSync(folder, 0o755);
try {
  const io = { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: folder };
  if ((await demoCommand({ seed: 1, plant: 'all' }, io)) !== 0) throw new Error('the demo is not what it should be');
  mkdirSync(IMAGES, { recursive: true });
  const browser = await startChromium();
  try {
    const report = pathToFileURL(join(folder, '.sentinel', 'demo', 'report.html')).href;
    await take(browser, report, { file: 'report.png', viewport: DESK, shows: '.overview .tables' });
    await takeLive(browser, folder);
  } finally {
    await browser.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
