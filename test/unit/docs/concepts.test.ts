import { expect, test } from 'vitest';
import { sourceChecks, tableChecks } from '#src/core/checks/index.js';
import { DICTIONARY_LIMIT } from '#src/core/sketches/dictionary.js';
import { readPage } from '../../support/documents.js';

const page = readPage('docs/concepts.md').text;

test('docs/concepts.md explains every check, and none that there is not', () => {
  const table = page.slice(page.indexOf('| check | says |'), page.indexOf('`checks.disabled`'));
  const cells = [...table.matchAll(/^\| (`.+?) \|/gm)].map(([, cell]) => cell!);
  const explained = cells.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name!));
  expect(explained.sort()).toEqual([...tableChecks, ...sourceChecks].map(({ name }) => name).sort());
});

test('docs/concepts.md has the limit up to which distinct values are exact', () => {
  expect(page).toContain(`up to ${DICTIONARY_LIMIT.toLocaleString('en')} of them`);
});
