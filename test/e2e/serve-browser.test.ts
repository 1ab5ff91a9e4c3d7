import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '#src/adapters/embedded/server.js';
import { findChromium, startChromium } from '../support/browser.js';
import { type RunningCli, runCli, startCli } from '../support/cli.js';
import { ownServer, type TestDatabase } from '../support/postgres.js';
import { secludedFolder, settings, workFolder } from '../support/program.js';

const isMissing = findChromium() === undefined && !process.env.CI;
const because = isMissing
  ? ' (skipped: no Chromium on this machine; install the package chromium or set CHROMIUM)'
  : '';
const TOKEN = 'a-token-of-the-tests';
const TABLES = 130;
/** Pictures of every page, to look at. */
const PICTURES = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'pictures');

let browser: Browser;
let daemon: RunningCli;
let database: TestDatabase;
let env: Record<string, string>;
let origin: string;
const cwd = workFolder();

beforeAll(async () => {
  if (isMissing) return;
  mkdirSync(PICTURES, { recursive: true });
  const server = await ownServer();
  database = await server.createDatabase();
  const client = await database.client();
  await client.query(`DO $$ BEGIN FOR i IN 1..${TABLES} LOOP EXECUTE format(
    'CREATE TABLE shop_%s AS SELECT g AS id, now() - g * interval ''20 minutes'' AS created_at, g %% 50 AS amount,
      CASE WHEN g %% 9 = 0 THEN ''DE'' ELSE ''US'' END AS country FROM generate_series(1, %s) AS g', i, 200 + i); END LOOP; END $$`);
  const port = await freePort();
  origin = `http://127.0.0.1:${port}`;
  env = settings({ batch: database }, { HTTP_PORT: String(port), HTTP_TOKEN: TOKEN });
  await runCli(['run', '--quiet'], { cwd, env });
  await client.query(`UPDATE shop_3 SET country = NULL WHERE id % 2 = 0; ALTER TABLE shop_9 DROP COLUMN amount`);
  await runCli(['run', '--quiet'], { cwd, env });
  daemon = startCli(['serve'], { cwd, env });
  await daemon.saying(/this instance is active/);
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  await daemon?.kill('SIGTERM');
});

interface Opened {
  readonly page: Page;
  /** Errors of the console and of scripts, and requests to anybody else. */
  readonly complaints: string[];
}

interface Opening {
  readonly width?: number;
  readonly dark?: boolean;
  /** Of another instance than the active one. */
  readonly port?: number;
}

async function open(options: Opening = {}): Promise<Opened> {
  const from = options.port === undefined ? origin : `http://127.0.0.1:${options.port}`;
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => complaints.push(`script: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(from) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  await page.goto(from);
  return { page, complaints };
}

async function logIn(options: Opening & { readonly selector?: string } = {}): Promise<Opened> {
  const opened = await open(options);
  const { page } = opened;
  await page.fill('#name', 'Ada');
  await page.fill('#token', TOKEN);
  await page.click('text=Log in');
  await page.waitForSelector(options.selector ?? '.overview .tables');
  return opened;
}

async function goTo(page: Page, hash: string, selector: string): Promise<void> {
  await page.evaluate(`location.hash = ${JSON.stringify(hash)}`);
  await page.waitForSelector(selector);
}

/** What axe-core has against the page as it is now, by rule. */
async function violations(page: Page): Promise<string[]> {
  // A policy that lets no other script run is the page's; the debugger is not bound by it.
  await page.evaluate(axe.source);
  const found = (await page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(({ target }) => target.join(' ')).join(', ')))`)) as string[];
  return found;
}

describe.skipIf(isMissing)(`the live page${because}`, () => {
  test('asks for the token, and lets nobody in with another one', async () => {
    const { page, complaints } = await open();
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: join(PICTURES, 'login.png') });
    await page.fill('#token', 'not the token');
    await page.click('text=Log in');
    await page.waitForSelector('text=That is not the token.');
    expect(await page.content()).not.toContain('shop_3');
    expect(complaints).toEqual([expect.stringContaining('401')]);
  });

  const PLACES = [
    ['overview', '#/', '.overview .tables'],
    ['runs', '#/runs', '.runs tbody tr'],
    ['settings', '#/settings', '.settings tbody tr'],
    ['incident', '#/incident/INC-1', 'form.actions'],
    ['table', '#/table/batch.public.shop_3', '.table-view'],
    ['nothing', '#/table/batch.public.nothing', '.table-view'],
  ] as const;
  test.each(
    PLACES.flatMap(([name, hash, selector]) => [
      { name, hash, selector, width: 1280, dark: false },
      { name: `${name} on a phone`, hash, selector, width: 390, dark: true },
    ]),
  )(
    '$name: no violation of accessibility, no error, no sideways scroll',
    async ({ name, hash, selector, width, dark }) => {
      const { page, complaints } = await logIn({ width, dark });
      await goTo(page, hash, selector);
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
      await page.screenshot({ path: join(PICTURES, `${name.replaceAll(' ', '-')}.png`) });
      expect(complaints).toEqual([]);
    },
  );

  test.each(['#/nonsense', '#/incident/%E0%A4%A', '#/toString'])(
    'a place that there is not, %s, says so',
    async (hash) => {
      const { page, complaints } = await logIn();
      await goTo(page, hash, 'h1:has-text("There is no such page")');
      expect(await violations(page)).toEqual([]);
      await goTo(page, '#/', '.overview .tables');
      expect(complaints).toEqual([]);
    },
  );

  test('finds any of the tables, also those that the first screen does not hold, and pages', async () => {
    const { page } = await logIn();
    const rows = page.locator('.tables tbody tr');
    expect(await rows.count()).toBe(100);
    await page.click(`text=Show 30 more of ${TABLES} tables`);
    await expect.poll(() => rows.count()).toBe(TABLES);
    await page.fill('#search', 'shop_12 ');
    await expect.poll(() => rows.count()).toBe(11);
    await page.click('text=With incidents');
    await page.waitForSelector('text=No table matches.');
    await page.fill('#search', '');
    await expect.poll(() => rows.count()).toBe(2);
    await page.click('text=shop_9');
    await page.waitForSelector('.table-view h1');
    expect(await page.textContent('.incident-links')).toContain('amount');
  });

  test('an incident is acknowledged, muted and resolved from its page, by name, and others see it', async () => {
    const { page, complaints } = await logIn();
    const other = await logIn();
    await page.click('.kicker .id >> text=INC-1');
    await page.waitForSelector('form.actions');
    await page.fill('#reason', 'asked the shop team');
    await page.click('text=Do it');
    await page.waitForSelector('td:has-text("asked the shop team")');
    expect(await page.textContent('.plain')).toContain('Ada via http');
    await other.page.waitForSelector('text=Incidents have changed.');
    await other.page.click('text=Show >> visible=true');
    await other.page.waitForSelector('.kicker .state:has-text("acknowledged")');

    await page.selectOption('#action', 'mute');
    await page.fill('#until', '2099-01-01');
    await page.click('text=Do it');
    await page.waitForSelector('h1:has-text("muted until 1 Jan 2099")');
    await page.selectOption('#action', 'resolve');
    await page.click('text=Do it');
    await page.waitForSelector('h1:has-text("resolved")');
    expect(await page.locator('form.actions').count()).toBe(0);
    const trail = await runCli(['incidents', 'show', 'INC-1'], { cwd, env });
    for (const action of ['acknowledged', 'muted', 'resolved']) expect(trail.stdout).toContain(action);
    expect(complaints).toEqual([]);
  });

  test('a run has a page of its own: whether it was complete, what it found, and what it cost', async () => {
    const { page, complaints } = await logIn();
    await goTo(page, '#/runs', '.runs tbody tr');
    await page.click('.runs tbody tr:first-child a');
    await page.waitForSelector('.run-page');
    expect(await violations(page)).toEqual([]);
    await page.screenshot({ path: join(PICTURES, 'run.png') });
    const text = await page.innerText('.run-page');
    expect(text).toMatch(/^← Runs\n\nRun \d{8}-\d{6}-[0-9a-f]{6} finished\n/);
    expect(text).toContain(`${TABLES} tables read, 0 failed, 0 skipped`);
    expect(text).toMatch(/What it found\n.*shop_9.*INC-2$/s);
    await page.click('.run-page section a');
    await page.waitForSelector('.incident-page');
    expect(complaints).toEqual([]);
  });

  test('a run is started from the page, its progress is seen, and then its results', async () => {
    const { page, complaints } = await logIn();
    const before = await page.textContent('.run bdi');
    await goTo(page, '#/runs', '.runs');
    await page.click('text=Run now');
    await page.waitForSelector('.live progress:visible');
    await page.screenshot({ path: join(PICTURES, 'progress.png') });
    await page.waitForSelector('text=/Run .* has ended/');
    await page.waitForTimeout(100);
    for (let newest = before; newest === before; newest = await page.textContent('.run bdi')) {
      await page.goto(origin);
      await page.waitForSelector('.run bdi');
    }
    expect(complaints).toEqual([]);
  });

  test('a daemon that has just started says that its page is being made, and shows it as things are when it is', async () => {
    await daemon.kill('SIGTERM');
    const client = await database.client();
    await client.query('BEGIN; LOCK TABLE sentinel.event_history IN ACCESS EXCLUSIVE MODE');
    daemon = startCli(['serve'], { cwd, env });
    await daemon.saying(/this instance is active/);
    const { page, complaints } = await open();
    await page.fill('#token', TOKEN);
    await page.click('text=Log in');
    await page.waitForSelector('h1:has-text("The page is being made")');
    expect(await violations(page)).toEqual([]);
    const waiting = `SELECT FROM pg_locks WHERE NOT granted AND relation = 'sentinel.event_history'::regclass`;
    await expect.poll(async () => (await client.query(waiting)).rowCount, { timeout: 60_000 }).toBeGreaterThan(0);
    await runCli(['incidents', 'ack', 'INC-2'], { cwd, env });
    await client.query('ROLLBACK');
    await page.waitForSelector('.tables tbody tr');
    expect(await page.locator('.kicker .state:has-text("acknowledged")').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('an instance that stands by says so and why, asks for nothing, and shows its page once it is active', async () => {
    const port = await freePort();
    const other = startCli(['serve'], { cwd: secludedFolder(), env: { ...env, HTTP_PORT: String(port) } });
    try {
      await other.saying(/this instance stands by: another instance/);
      const { page, complaints } = await logIn({ port, selector: 'h1:has-text("This instance stands by")' });
      expect(await page.textContent('.verdict')).toContain('another instance is active');
      expect(await page.locator('text=Run now').count()).toBe(0);
      expect(await page.locator('.places a').allTextContents()).toEqual(['Overview', 'Settings']);
      expect(await violations(page)).toEqual([]);
      await page.screenshot({ path: join(PICTURES, 'standby.png') });
      for (const hash of ['#/runs', '#/incident/INC-1', '#/table/batch.public.shop_3', '#/'])
        await goTo(page, hash, 'h1:has-text("This instance stands by")');
      await goTo(page, '#/settings', '.settings tbody tr');
      await goTo(page, '#/', 'h1:has-text("This instance stands by")');
      expect(complaints).toEqual([]);
      await daemon.kill('SIGTERM');
      await page.waitForSelector('.tables tbody tr', { timeout: 60_000 });
      expect(complaints).toEqual([]);
    } finally {
      await other.kill('SIGTERM');
      daemon = startCli(['serve'], { cwd, env });
      await daemon.saying(/this instance is active/);
    }
  });

  test('a daemon that goes away is said, and the page stays', async () => {
    const { page } = await logIn();
    await daemon.kill('SIGKILL');
    await page.waitForSelector('text=The daemon does not answer. What is shown may be old.');
    daemon = startCli(['serve'], { cwd, env });
    await page.waitForSelector('.live', { state: 'hidden' });
    expect(await page.locator('.overview').count()).toBe(1);
  });
});
