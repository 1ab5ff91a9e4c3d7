import { h } from '../dom.js';
import { foreign } from '../format.js';
import { ask } from './ask.js';

/** The configuration of the daemon as a list of names and values; secrets come masked. */
export async function settingsPage(): Promise<HTMLElement> {
  const settings = await ask<Record<string, unknown>>('/api/v1/settings');
  const sections = Object.entries(settings).map(([name, value]) => {
    const rows = leaves(value).map(([path, text]) =>
      h('tr', {}, h('th', { scope: 'row' }, foreign([name, ...path].join('.'))), h('td', {}, foreign(text))),
    );
    return h('tbody', {}, ...rows);
  });
  return h(
    'article',
    { class: 'settings' },
    h('h1', { tabindex: -1 }, 'Settings'),
    h(
      'p',
      { class: 'found' },
      'As this process read them when it started; secrets are masked. Times are milliseconds, sizes bytes.',
    ),
    h(
      'div',
      { class: 'wide-table', role: 'region', 'aria-label': 'List of settings', tabindex: 0 },
      h('table', { class: 'plain' }, ...sections),
    ),
  );
}

function leaves(value: unknown): [path: string[], text: string][] {
  if (typeof value !== 'object' || value === null) return [[[], String(value)]];
  const entries = Object.entries(value);
  if (entries.length === 0) return [[[], 'none']];
  return entries.flatMap(([key, inner]) =>
    leaves(inner).map(([path, text]): [string[], string] => [[key, ...path], text]),
  );
}
