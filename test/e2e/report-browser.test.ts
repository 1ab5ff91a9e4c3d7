import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pageAssets } from '#src/report/page-assets.js';
import { renderPage } from '#src/report/template.js';
import { findChromium, openPage, startChromium, type WatchedPage, wholePage } from '../support/browser.js';
import { workFolder } from '../support/program.js';
import { HOSTILE, reportWorld, type WorldOptions } from '../support/report-world.js';

// where there must be a browser, its absence is a failure
const isMissing = findChromium() === undefined && !process.env.CI;
const because = isMissing
  ? ' (skipped: no Chromium on this machine; install the package chromium or set CHROMIUM)'
  : '';

let browser: Browser;
const files: Record<string, string> = {};
const pages: WatchedPage[] = [];

beforeAll(async () => {
  if (isMissing) return;
  browser = await startChromium();
  const folder = workFolder();
  const worlds: Record<string, WorldOptions> = {
    wrong: {},
    fine: { wrong: false },
    hostile: { hostile: true },
    empty: { tables: 0, wrong: false },
  };
  const reports = Object.entries(worlds).map(([name, options]) => [name, reportWorld(options)] as const);
  const fine = reportWorld({ wrong: false });
  const earlier = { tables: 47, oldest: fine.run.asOf - 3 * 86_400 };
  for (const [name, report] of [...reports, ['partial', { ...fine, earlier }] as const]) {
    const path = join(folder, `${name}.html`);
    writeFileSync(path, renderPage(report, await pageAssets()));
    files[name] = pathToFileURL(path).href;
  }
});
afterAll(() => browser?.close());

const DESK = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

async function open(file: string, options: Parameters<typeof openPage>[2] = {}): Promise<WatchedPage> {
  const opened = await openPage(
    browser,
    files[file.split('#')[0]!]! + (file.includes('#') ? `#${file.split('#')[1]}` : ''),
    { viewport: DESK, ...options },
  );
  pages.push(opened);
  await wholePage(opened.page);
  return opened;
}

/** Texts whose contrast with what is behind them is below WCAG AA, as `text: ratio`; what is not visible is not looked at. */
const FAINT_TEXTS = `(() => {
  const rgb = (color) => { const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number); return { r, g, b, a }; };
  const light = ({ r, g, b }) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => { for (let e = element; e; e = e.parentElement) { const color = rgb(getComputedStyle(e).backgroundColor); if (color.a === 1) return color; } throw new Error('no background'); };
  const texts = [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility() && !e.closest('script, svg, .hidden, .skip') && [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()));
  if (texts.length < 30) throw new Error('too few texts: ' + texts.length);
  return texts.flatMap((e) => {
    const style = getComputedStyle(e);
    const size = parseFloat(style.fontSize);
    const needed = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const [a, b] = [light(rgb(style.color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    return ratio < needed ? [e.textContent.slice(0, 40) + ': ' + ratio.toFixed(2)] : [];
  });
})()`;

const hasNoSidewaysScroll = (page: Page) =>
  page.evaluate<boolean>('document.documentElement.scrollWidth <= document.documentElement.clientWidth');

describe.skipIf(isMissing)(`the report in Chromium${because}`, () => {
  describe.each([
    ['light', 'desk', DESK],
    ['light', 'phone', PHONE],
    ['dark', 'desk', DESK],
    ['dark', 'phone', PHONE],
  ] as const)('%s, on a %s', (colorScheme, _, viewport) => {
    test.each(['wrong', 'wrong#/table/batch.sales.orders', 'fine', 'empty'])(
      'opens %s from disk without a complaint, a request or a sideways scroll',
      async (file) => {
        const { page, complaints } = await open(file, { colorScheme, viewport });
        await expect.poll(() => page.locator('h1').count()).toBe(1);
        await page.waitForTimeout(200);
        expect(complaints).toEqual([]);
        expect(await hasNoSidewaysScroll(page)).toBe(true);
      },
    );

    test.each(['wrong', 'wrong#/table/batch.sales.orders'])(
      'texts of %s stand out from their background',
      async (file) => {
        const { page } = await open(file, { colorScheme, viewport });
        expect(await page.evaluate(FAINT_TEXTS)).toEqual([]);
      },
    );

    test('says first what is wrong, with its picture', async () => {
      const { page } = await open('wrong', { colorScheme, viewport });
      expect(await page.locator('h1').innerText()).toBe('4 things are wrong');
      const first = page.locator('article.incident').first();
      expect(await first.innerText()).toMatch(
        /critical[\s\S]*sales\.orders got 60 rows[\s\S]*Cause[\s\S]*half done[\s\S]*since[\s\S]*24 Nov 2026/,
      );
      await expect.poll(() => first.locator('canvas').count()).toBeGreaterThan(0);
      expect(await isPainted(page, 'article.incident canvas')).toBe(true);
      const box = await first.boundingBox();
      expect(box!.y).toBeLessThan(viewport.height / 2);
    });
  });

  test('has its answer to paint before it makes what is below', async () => {
    const page = await browser.newPage();
    await page.addInitScript(`addEventListener('DOMContentLoaded', () => {
      atFirst = ['.verdict', '.incidents', '.heat', '.tables'].map((part) => document.querySelectorAll(part).length);
    })`);
    await page.goto(files.wrong!);
    await wholePage(page);
    expect(await page.evaluate('atFirst')).toEqual([1, 1, 0, 0]);
    await page.close();
  });

  test('says that nothing is wrong, and on what ground', async () => {
    const { page } = await open('fine');
    expect(await page.locator('.verdict').innerText()).toBe(
      'Nothing is wrong\n\nAll 48 tables judged as of 24 Nov 2026, 02:00 UTC.',
    );
    expect(await page.locator('article.incident').count()).toBe(0);
  });

  test('says which part a run looked at, and how old the rest is', async () => {
    const { page } = await open('partial');
    expect(await page.locator('.verdict .basis').innerText()).toBe(
      '1 of 48 tables judged as of 24 Nov 2026, 02:00 UTC; 47 as they were last looked at, the oldest 21 Nov 2026, 02:00 UTC, 3 days before.',
    );
  });

  test('says what was not judged and why', async () => {
    const { page } = await open('wrong');
    const text = await page.locator('#not-judged').innerText();
    expect(text).toContain('Source lake could not be reached: connection refused');
    expect(text).toContain('failed: the role has no privilege to read it');
    expect(text).toContain('3 tables with too little history');
  });

  test('finds tables as one types, by name, column or state, without a pointer', async () => {
    const { page, complaints } = await open('wrong');
    await page.keyboard.press('/');
    await page.keyboard.type('web products');
    const names = () => page.locator('table.tables tbody .table-name').allTextContents();
    expect(await names()).toEqual([
      'batch.web.products',
      'batch.web.products_2',
      'batch.web.products_3',
      'batch.web.products_4',
    ]);
    expect(await page.locator('.found').first().innerText()).toBe('4 of 48 tables');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('h1').innerText()).toBe('batch.web.products');
    expect(new URL(page.url()).hash).toBe('#/table/batch.web.products');
    await page.goBack();
    expect(await page.locator('#search').inputValue()).toBe('web products');
    await page.locator('#search').fill('customer_email');
    expect((await names()).length).toBe(48);
    await page.locator('#search').fill('no such table');
    expect(await page.locator('table.tables tbody').textContent()).toBe('No table matches.');
    expect(complaints).toEqual([]);
  });

  test('shows only tables with incidents, or only those not judged, and sorts', async () => {
    const { page } = await open('wrong');
    await page.getByRole('button', { name: 'With incidents' }).click();
    expect(await page.locator('table.tables tbody tr').count()).toBe(6);
    await page.getByRole('button', { name: 'Not judged' }).click();
    expect(await page.locator('table.tables tbody tr').count()).toBe(5);
    await page.getByRole('button', { name: 'All' }).click();
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    expect(await page.locator('table.tables tbody .table-name').first().textContent()).toBe('batch.sales.orders');
    await page.getByRole('button', { name: 'Table', exact: true }).click();
    expect(await page.locator('table.tables tbody .table-name').first().textContent()).not.toBe('batch.sales.orders');
  });

  test('a link to a table opens it, with its columns, and masks what looks personal', async () => {
    const { page } = await open('wrong#/table/batch.sales.orders');
    const text = await page.locator('main').innerText();
    expect(text).toContain('masked: looks personal (e-mail)');
    expect(text).toContain('delivered');
    expect(text).toContain('median 40.11');
    expect(await isPainted(page, '.charts canvas')).toBe(true);
    await page.getByRole('link', { name: /got 60 rows/ }).click();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('incident-I-31');
  });

  test('a link to a table that is not there says so', async () => {
    const { page, complaints } = await open('wrong#/table/batch.sales.%E0%A4%A');
    expect(await page.locator('h1').innerText()).toBe('This table is not in the report');
    expect(complaints).toEqual([]);
  });

  test.each(['#/nonsense', '#/incident/%E0%A4%A', '#/toString'])(
    'a place that there is not, %s, says so',
    async (hash) => {
      const { page, complaints } = await open(`wrong${hash}`);
      expect(await page.locator('h1').innerText()).toBe('There is no such page');
      await page.click('text=← Overview');
      await page.waitForSelector('.overview .tables');
      expect(complaints).toEqual([]);
    },
  );

  test('the heat map is walked by arrow keys, and each day says what it is', async () => {
    const { page } = await open('wrong');
    const grid = page.getByRole('grid');
    expect(await grid.locator('[tabindex="0"]').count()).toBe(1);
    await grid.locator('[tabindex="0"]').focus();
    await page.keyboard.press('ArrowLeft');
    const tooltip = page.locator('.tooltip');
    expect(await tooltip.innerText()).toContain('critical');
    expect(await tooltip.innerText()).toMatch(/batch\.web\.products[\s\S]*Mon 23 Nov 2026/);
    expect(await page.evaluate('document.activeElement.getAttribute("aria-label")')).toContain('Mon 23 Nov 2026');
    await page.keyboard.press('Home');
    expect(await tooltip.innerText()).toContain('too little history to judge');
    await page.keyboard.press('Escape');
    expect(await tooltip.isVisible()).toBe(false);
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('h1').innerText()).toBe('batch.web.products');
  });

  test('a chart is read point by point with arrow keys', async () => {
    const { page } = await open('wrong');
    const picture = page.locator('article.incident > figure').first();
    const chart = picture.getByRole('img').first();
    expect(await chart.getAttribute('aria-label')).toMatch(
      /Chart of rows per day, 120 points\. Last: Mon 23 Nov 2026 60 expected 176 to 224\. Not as expected: Mon 23 Nov 2026 \(critical\)/,
    );
    await expect.poll(() => chart.locator('canvas').count()).toBe(1);
    await chart.focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await picture.locator('.chart-reading').innerText()).toContain('Sun 22 Nov 2026');
  });

  test('the colours can be turned, and what is drawn turns with them', async () => {
    const { page } = await open('wrong', { colorScheme: 'light' });
    const background = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    const light = await background();
    await page.getByRole('button', { name: 'Use dark colours' }).click();
    expect(await background()).not.toBe(light);
    await page.getByRole('button', { name: 'Use light colours' }).click();
    expect(await background()).toBe(light);
  });

  test('hostile names and values are text', async () => {
    const { page, complaints } = await open('hostile');
    await page.waitForTimeout(200);
    expect(await page.title()).toBe('Sentinel report');
    expect(await page.locator('img, b, i, script[src]').count()).toBe(0);
    const names = await page.locator('table.tables .table-name').allTextContents();
    expect(names).toContain(`batch.${HOSTILE.schema}.${HOSTILE.table}`);
    expect(names.some((name) => name.endsWith(HOSTILE.emoji))).toBe(true);
    expect(names.some((name) => name.includes('הזמנות\\u{202e}_sredro'))).toBe(true);
    await page.locator('#search').fill('onerror');
    await page.locator('table.tables .table-name').first().click();
    await expect.poll(() => page.locator('h1').innerText()).toBe(`batch.${HOSTILE.schema}.${HOSTILE.table}`);
    const text = await page.locator('main').innerText();
    expect(text).toContain(`</script><script>document.title='broken'</script>`);
    expect(text).toContain('"><b>bold</b>');
    expect(text).toContain('empty text');
    await page.reload();
    expect(await page.locator('h1').innerText()).toContain(HOSTILE.table);
    expect(complaints).toEqual([]);
    expect(await hasNoSidewaysScroll(page)).toBe(true);
  });

  test('hostile names do not break the phone either', async () => {
    const { page } = await open('hostile', { viewport: PHONE });
    expect(await hasNoSidewaysScroll(page)).toBe(true);
  });

  test('its policy lets no other script run and nothing be loaded', async () => {
    const { page, complaints } = await open('wrong');
    await page.evaluate(
      `document.body.append(Object.assign(document.createElement('script'), { textContent: 'document.title = "run"' }))`,
    );
    await page.evaluate(`document.body.append(Object.assign(new Image(), { src: 'https://example.com/x.png' }))`);
    await expect.poll(() => complaints.filter((each) => each.includes('Content Security Policy')).length).toBe(2);
    expect(await page.title()).toBe('Sentinel report');
  });
});

/** True where the canvas is more than one colour. */
function isPainted(page: Page, selector: string): Promise<boolean> {
  return page.evaluate<boolean>(`(async () => {
    for (let i = 0; i < 50; i++) {
      const canvas = document.querySelector(${JSON.stringify(selector)});
      if (canvas) {
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        const colours = new Set();
        for (let at = 0; at < data.length; at += 4) colours.add(data.slice(at, at + 4).join());
        if (colours.size > 5) return true;
      }
      await new Promise((done) => setTimeout(done, 50));
    }
    return false;
  })()`);
}
