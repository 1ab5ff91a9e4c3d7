import { createHash } from 'node:crypto';
import { printable } from '#src/core/checks/sentence.js';
import type { PageAssets } from './page-assets.js';
import type { ReportData } from './report-data.js';

/** What a daemon's page holds where that is no report. */
export type InsteadOfReport = 'making' | 'login' | { readonly standby: string } | null;

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#2b3440"/><path d="M3 8.5h2.5l1.5-4 2 7 1.5-3H13" fill="none" stroke="#fff" stroke-width="1.4"/></svg>`;

/**
 * The page as one HTML document that needs nothing else: data, script and style are inside, and its content policy lets it
 * load nothing and run no other script. Nothing of the data becomes markup: the page's script reads it as JSON.
 */
export function renderPage(data: ReportData, assets: PageAssets): string {
  const words = `${plainVerdict(data)} This page needs JavaScript for the rest; it loads nothing from anywhere.`;
  return page(data, assets, { title: 'Sentinel report', words, isLive: false }).html;
}

/**
 * The same page from a daemon, which it asks for what it does not hold: `data` is a slice of the report, null where there is no run
 * yet, `making` where it is not made yet, `login` where the page is to ask for the token first, and `standby`, with the reason, where another
 * instance has the page.
 */
export function renderLivePage(
  data: ReportData | InsteadOfReport,
  assets: PageAssets,
): { readonly html: string; readonly policy: string } {
  return page(data, assets, { title: 'Sentinel', words: 'This page needs JavaScript.', isLive: true });
}

/** What a page may do: run its own script and, where it is live, ask the server that sent it. */
function contentPolicy({ script, style }: PageAssets, isLive: boolean): string {
  return [
    "default-src 'none'",
    `script-src '${hash(script)}'`,
    `style-src '${hash(style)}'`,
    'img-src data:',
    ...(isLive ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function page(
  data: unknown,
  assets: PageAssets,
  { title, words, isLive }: { readonly title: string; readonly words: string; readonly isLive: boolean },
): { readonly html: string; readonly policy: string } {
  const { script, style } = assets;
  const policy = contentPolicy(assets, isLive);
  const html = `<!doctype html>
<html lang="en"${isLive ? ' data-live' : ''}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(ICON)}">
<style>${style}</style>
</head>
<body>
<noscript><p>${escapeText(words)}</p></noscript>
<script type="application/json" id="report-data">${embeddable(data)}</script>
<script>${script}</script>
</body>
</html>
`;
  return { html, policy };
}

/** JSON that cannot end its script element, nor be anything but JSON to whoever reads the file. */
function embeddable(data: unknown): string {
  return JSON.stringify(data).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function plainVerdict({ incidents, tables }: ReportData): string {
  const open = incidents.filter(({ state }) => state === 'open' || state === 'acknowledged');
  const titles = open.slice(0, 20).map(({ severity, title }) => `${severity}: ${printable(title)}`);
  return [`${open.length} open incidents in ${tables.length} tables.`, ...titles].join(' ');
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** As a content policy names an inline element; the browser hashes what is between the tags, byte by byte. */
function hash(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
