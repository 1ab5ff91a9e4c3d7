import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT, readPage } from '../../support/documents.js';

/** The sources, one text a file; a message that is broken over lines is whole again. */
const SOURCES = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) =>
    readFileSync(join(ROOT, 'src', file), 'utf8')
      .replace(/[`'] \+\n\s*[`']/g, '')
      .replaceAll("\\'", "'"),
  );

/** Longest code between two parts of a message. */
const FAR = 300;

const page = readPage('docs/troubleshooting.md').text;
const headings = [...page.matchAll(/^### `+ ?(.+?) ?`+$/gm)].map(([, message]) => message!);
/** First column of the table of problems of settings. */
const quoted = [...page.matchAll(/^\| `(a|YAML)([^`]*)` \|/gm)].map(([, first, rest]) => `${first}${rest}`);

/** What of a message is always the same. */
const constantParts = (message: string) => message.split('…').filter((part) => /\w{3}/.test(part));

/** True where these parts follow each other in one message: in this order, and near each other. */
function isSaid(message: string): boolean {
  const [first = '', ...rest] = constantParts(message);
  if (first.length + rest.join('').length < 12) return false;
  return SOURCES.some((source) => {
    for (let from = source.indexOf(first); from >= 0; from = source.indexOf(first, from + 1)) {
      const end = rest.reduce((at, part) => {
        const next = at < 0 ? -1 : source.indexOf(part, at);
        return next < 0 || next - at > FAR ? -1 : next + part.length;
      }, from + first.length);
      if (end >= 0) return true;
    }
    return false;
  });
}

describe('docs/troubleshooting.md', () => {
  test.each([...headings, ...quoted])('quotes what the program says: %s', (message) => {
    expect(isSaid(message), `no file of src has ${constantParts(message).join(' … ')}`).toBe(true);
  });

  test.each([
    'is no address of this machine',
    'the sample was not delivered',
    'could not be reached',
    'is over already',
    'no run is labelled',
    'there is no incident',
    'there is no sink',
    'there already, so nothing was written',
    'the lineage was not sent',
    'nothing is scheduled',
    '"sentinel init" writes them',
    'no table … matches',
  ])('has %s', (words) => {
    expect(headings.filter((heading) => heading.includes(words))).not.toEqual([]);
  });

  test('has the messages that matter, and this test sees one that is not said', () => {
    expect(headings.length).toBeGreaterThan(60);
    expect(quoted).toHaveLength(6);
    expect(isSaid('nothing listens on …; check … and …, and that the server runs')).toBe(true);
    expect(isSaid('nothing listens on …; check … and …, and that the moon shines')).toBe(false);
    expect(isSaid('… is …')).toBe(false);
  });
});
