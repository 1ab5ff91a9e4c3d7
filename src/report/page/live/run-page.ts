import { byteSize } from '../../../core/checks/sentence.js';
import { type Child, h } from '../dom.js';
import { facts } from '../facts.js';
import { count, foreign, moment, sentence, shortCount } from '../format.js';
import { SEVERITY_WORDS, severityMark } from '../names.js';
import { ask } from './ask.js';
import { type Run, stateWords, tookOf } from './runs-page.js';

/** What `/api/v1/runs/RUN` says, as far as it is shown here. */
interface RunDetail extends Run {
  readonly asOf: string;
  readonly tables: { readonly ok: number; readonly failed: number; readonly skipped: number; readonly gone: number };
  readonly failed: readonly {
    readonly source: string;
    readonly schema: string | null;
    readonly table: string | null;
    readonly message: string;
  }[];
  readonly findings: readonly {
    readonly severity: 'info' | 'warn' | 'critical';
    readonly message: string;
    readonly incident?: string;
  }[];
}

/** One run: whether it was complete, and if not why; what it found and what it cost. */
export async function runPage(label: string): Promise<HTMLElement> {
  const run = await ask<RunDetail>(`/api/v1/runs/${encodeURIComponent(label)}`);
  const { startedAt, asOf, tables, cost, failed, findings } = run;
  const read = `${shortCount(cost?.rows ?? 0)} rows, ${byteSize(cost?.bytes ?? 0)}`;
  return h(
    'article',
    { class: 'run-page' },
    h('p', { class: 'back' }, h('a', { href: '#/runs' }, '← Runs')),
    h('h1', { tabindex: -1 }, 'Run ', foreign(run.run), ' ', h('span', { class: 'state' }, stateWords(run))),
    facts(
      ['Started', moment(Date.parse(startedAt) / 1000)],
      ['Took', tookOf(run)],
      ['As of', moment(Date.parse(asOf) / 1000)],
      ['Tables', `${count(tables.ok, 'table')} read, ${tables.failed} failed, ${tables.skipped} skipped`],
      ['Read', cost === null ? null : read],
    ),
    list(
      'What could not be read',
      failed.map(({ source, schema, table, message }) => [
        h('strong', {}, foreign([source, schema, table].filter((part) => part !== null).join('.'))),
        ': ',
        foreign(message),
      ]),
    ),
    list(
      'What it found',
      findings.map(({ severity, message, incident }) => [
        severityMark(severity),
        ' ',
        h('span', { class: 'hidden' }, `${SEVERITY_WORDS[severity]}: `),
        sentence(message),
        ' ',
        incident === undefined
          ? null
          : h('a', { href: `#/incident/${encodeURIComponent(incident)}` }, foreign(incident)),
      ]),
    ),
  );
}

function list(title: string, items: readonly (readonly Child[])[]): HTMLElement | null {
  if (items.length === 0) return null;
  return h('section', {}, h('h2', {}, title), h('ul', {}, ...items.map((item) => h('li', {}, ...item))));
}
