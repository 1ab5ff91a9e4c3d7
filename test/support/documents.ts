import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** A page of the documentation. */
export interface Page {
  /** Below the root, `/` between folders. */
  readonly path: string;
  readonly text: string;
}

export interface Block {
  /** The word after the fence. */
  readonly language: string;
  readonly text: string;
}

/** Every Markdown file of ours. */
export function pages(): Page[] {
  const own = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'benchmarks/README.md'];
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  return [...own, ...docs.map((name) => `docs/${name.replaceAll('\\', '/')}`)].map(readPage);
}

export function readPage(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

const FENCED = /^( *)```(\S*).*\n([\s\S]*?)^ *```$/gm;

export function blocksOf({ text }: Page): Block[] {
  return [...text.matchAll(FENCED)].map(([, indent, language, body]) => ({
    language: language!,
    text: body!.replace(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

/** The text without what stands in fences. */
export function proseOf({ text }: Page): string {
  return text.replace(FENCED, '');
}

/** What stands between backticks in the prose. */
export function codeSpansOf(page: Page): string[] {
  return [...proseOf(page).matchAll(/`([^`\n]+(?:\n[^`\n]+)?)`/g)].map(([, span]) => span!.replace(/\s+/g, ' '));
}

/** Targets of headings, as GitHub makes them. */
export function anchorsOf(page: Page): Set<string> {
  const seen = new Map<string, number>();
  const anchors = [...proseOf(page).matchAll(/^#{1,6} +(.+)$/gm)].map(([, heading]) => {
    const plain = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', '');
    const slug = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}
