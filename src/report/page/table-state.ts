import type { ReportTable } from '../report-data.js';
import { h } from './dom.js';
import type { Model } from './model.js';
import { severityTag } from './names.js';

const WORDS: Readonly<Record<ReportTable['state'], string>> = {
  judged: 'as expected',
  learning: 'little history',
  failed: 'failed',
  skipped: 'skipped',
  gone: 'gone',
};

/** What is wrong with a table, or why that is not known. */
export function stateTag(model: Model, index: number): HTMLElement {
  const worst = model.worstOf(index);
  if (worst) return severityTag(worst);
  const table = model.data.tables[index]!;
  return h('span', { class: `table-state ${table.state}` }, stateWords(table));
}

export function stateWords({ state }: ReportTable): string {
  return WORDS[state];
}
