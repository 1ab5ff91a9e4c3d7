import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { anchorsOf, codeSpansOf, type Page, pages, proseOf, ROOT, readPage } from '../../support/documents.js';

const all = pages();

const linksOf = (page: Page) =>
  [...proseOf(page).matchAll(/(?:\]\(|<img src=")([^)\s"]+)[)"]/g)]
    .map(([, target]) => target!)
    .filter((target) => !/^\w+:/.test(target));

const fileOf = ({ path }: Page, link: string) => {
  const file = link.split('#')[0]!;
  return file === '' ? path : normalize(join(dirname(path), file));
};

test.each(all)('every link of $path leads somewhere', (page) => {
  const broken = linksOf(page).filter((link) => {
    const file = fileOf(page, link);
    if (!existsSync(join(ROOT, file))) return true;
    const anchor = link.split('#')[1];
    return anchor !== undefined && file.endsWith('.md') && !anchorsOf(readPage(file)).has(anchor);
  });
  expect(broken).toEqual([]);
});

test.each(all)('every file that $path names is there', (page) => {
  const named = codeSpansOf(page).filter((span) => /^(src|test|docs|benchmarks|workers)\/[\w./-]+\.\w+$/.test(span));
  expect(named.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

test('docs/README.md leads to every page and example, decisions aside', () => {
  const index = readPage('docs/README.md');
  const reached = new Set(linksOf(index).map((link) => fileOf(index, link)));
  const examples = readdirSync(join(ROOT, 'docs', 'deploy')).map((name) => `docs/deploy/${name}`);
  const wanted = [...all.map(({ path }) => path).filter((path) => /^docs\/(?!decisions\/)/.test(path)), ...examples];
  expect(wanted.filter((path) => !reached.has(path))).toEqual(['docs/README.md']);
});

test('every picture is shown somewhere, and none is large', () => {
  const shown = new Set(all.flatMap((page) => linksOf(page).map((link) => fileOf(page, link))));
  const pictures = readdirSync(join(ROOT, 'docs', 'images')).map((name) => `docs/images/${name}`);
  expect(pictures.length).toBeGreaterThan(0);
  expect(pictures.filter((path) => !shown.has(path))).toEqual([]);
  expect(pictures.filter((path) => statSync(join(ROOT, path)).size > 200_000)).toEqual([]);
});

test('what is no link is seen', () => {
  const page = {
    path: 'docs/x.md',
    text: '# A `b` & c\n\n[x](README.md#nothing) [y](../nowhere.md) <img src="z.png">\n\n## A b  c\n',
  };
  expect(linksOf(page)).toEqual(['README.md#nothing', '../nowhere.md', 'z.png']);
  expect([...anchorsOf(page)]).toEqual(['a-b--c', 'a-b--c-1']);
});
