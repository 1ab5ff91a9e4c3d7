import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const FOLDERS = ['/usr/bin', '/usr/local/bin', '/snap/bin', ...(process.env.PATH ?? '').split(':').filter(Boolean)];

/** A Chromium of this machine; undefined where there is none. `CHROMIUM` names one that lies elsewhere. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM;
  const candidates = named ? [named] : FOLDERS.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  return candidates.find((path) => existsSync(path));
}

/** Starts it, without anything that would reach for the network by itself. */
export function startChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('no Chromium was found: install the package chromium, or set CHROMIUM to where it is');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

/** Resolves when the overview, where it is what is shown, has all its parts: most of them come after its first paint. */
export async function wholePage(page: Page): Promise<void> {
  await page.waitForFunction(`!document.querySelector('.overview') || document.querySelector('.overview .tables')`);
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of the console and of scripts, and everything the page asked for besides itself. */
  readonly complaints: string[];
  close(): Promise<void>;
}

/** Opens a file as a user would, and notes what a page that is alone in the world must not do. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('request', (request) => {
    const asked = request.url();
    if (asked.split('#')[0] !== url.split('#')[0] && !asked.startsWith('data:')) complaints.push(`request: ${asked}`);
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}
