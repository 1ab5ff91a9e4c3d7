import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { demoCommand } from '#src/cli/commands/demo.js';
import { openPage, startChromium } from './browser.js';

/**
 * Makes the pictures of the documentation: the demo, its report, and Chromium's view of that, on a desk and on a phone.
 */
const IMAGES = join(import.meta.dirname, '..', '..', 'docs', 'images');
const VIEWS = [
  { file: 'report.png', viewport: { width: 1280, height: 1400 } },
  { file: 'report-phone.png', viewport: { width: 390, height: 1100 } },
] as const;

// the servers may run under another account, which must reach their data
const folder = mkdtempSync('/var/tmp/sentinel-screenshot-');
chmodSync(folder, 0o755);
try {
  const io = { stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: folder };
  if ((await demoCommand({ seed: 1, plant: 'all' }, io)) !== 0) throw new Error('the demo is not what it should be');
  const report = join(folder, '.sentinel', 'demo', 'report.html');
  mkdirSync(IMAGES, { recursive: true });
  const browser = await startChromium();
  for (const { file, viewport } of VIEWS) {
    const { page, close } = await openPage(browser, pathToFileURL(report).href, { viewport, colorScheme: 'light' });
    await page.waitForTimeout(500); // charts are drawn when they are seen
    const path = join(IMAGES, file);
    await page.screenshot({ path });
    console.log(`${path}: ${Math.round(statSync(path).size / 1024)} KiB`);
    await close();
  }
  await browser.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
