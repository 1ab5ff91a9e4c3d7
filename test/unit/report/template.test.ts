import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type PageAssets, pageAssets } from '#src/report/page-assets.js';
import { renderPage } from '#src/report/template.js';
import { HOSTILE, reportWorld } from '../../support/report-world.js';

let assets: PageAssets;
beforeAll(async () => {
  assets = await pageAssets();
});

describe('the page', () => {
  test('holds the data, script and style, and refers to nothing else', () => {
    const page = renderPage(reportWorld(), assets);
    expect(page).toContain(assets.script);
    expect(page).toContain(assets.style);
    expect(page.replace(assets.script, '')).not.toMatch(/\b(src|href)="(?!data:)|@import|url\((?!data:)/);
  });

  test('is under 1 MB for 50 tables with 120 days each', () => {
    expect(Buffer.byteLength(renderPage(reportWorld({ tables: 50 }), assets))).toBeLessThan(1_000_000);
  });

  test('gives the data back as it was, whatever is in it', () => {
    const data = reportWorld({ hostile: true });
    expect(dataOf(renderPage(data, assets))).toEqual(data);
  });

  test('has no markup from the data', () => {
    const data = reportWorld({ hostile: true });
    const [incident] = data.incidents;
    const loud = { ...data, incidents: [{ ...incident!, title: `${HOSTILE.table}\u2028<!--` }] };
    const page = renderPage(loud, assets);
    expect(page.match(/<script/g)!.length - assets.script.split('<script').length + 1).toBe(2);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('<!--');
    expect(page).not.toContain('\u2028');
    expect(dataOf(page)).toEqual(loud);
  });

  test('allows by its policy the two things that are inside, by their hashes, and no other', () => {
    const page = renderPage(reportWorld({ tables: 1, wrong: false }), assets);
    const policy = /Content-Security-Policy" content="([^"]+)"/.exec(page)![1]!;
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `script-src ${hash(assets.script)}`,
      `style-src ${hash(assets.style)}`,
      'img-src data:',
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  test('says without scripts what is open', () => {
    const words = /<noscript><p>(.*?)<\/p>/s.exec(renderPage(reportWorld(), assets))![1]!;
    expect(words).toContain('5 open incidents in 48 tables.');
    expect(words).toContain('critical: sales.orders got 60 rows');
  });
});

function dataOf(page: string): unknown {
  return JSON.parse(/<script type="application\/json" id="report-data">(.*?)<\/script>/s.exec(page)![1]!);
}
